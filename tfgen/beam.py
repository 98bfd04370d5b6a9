"""Work on the workers of an Apache Beam pipeline, an optional package."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from tfgen.errors import UserError

Job = TypeVar("Job")
Inputs = TypeVar("Inputs")
Model = TypeVar("Model")
Outputs = TypeVar("Outputs")


def each(
    function: Callable[[Job], None],
    jobs: Iterable[Job],
    options: Sequence[str],
) -> None:
    """Calls a function with each job, somewhere, and waits for all.

    Args:
      function: of a module, or a part of one, so that it can be sent. A job may
        be done twice; what it leaves is written whole or not at all.
      jobs: its arguments.
      options: of the pipeline: `--runner=…`.

    Raises:
      UserError: there is no Apache Beam.
    """
    with _pipeline(options) as (apache_beam, pipeline):
        created = pipeline | apache_beam.Create(list(jobs), reshuffle=True)
        _ = created | apache_beam.Map(function)


def infer(
    load: Callable[[], Model],
    read: Callable[[Job], Iterable[Inputs]],
    call: Callable[[Model, Inputs], Outputs],
    write: Callable[[Outputs], None],
    jobs: Iterable[Job],
    options: Sequence[str],
) -> None:
    """Calls a model with what jobs read, by Beam's `RunInference`.

    Beam loads the model once for each process. Its own handler of TensorFlow's
    models is not used: it opens SavedModels by `keras.models.load_model`, which
    Keras 3 no longer does.

    Args:
      load: the model.
      read: a job -> batches of inputs.
      call: the model, with a batch.
      write: what it answers; see `each` of jobs that are done twice.
      jobs: what to do.
      options: see `each`.

    Raises:
      UserError: see `each`.
    """
    with _pipeline(options) as (apache_beam, pipeline):
        from apache_beam.ml.inference.base import ModelHandler, RunInference

        class Handler(ModelHandler):
            """Computes one element at a time; an element is a batch."""

            def load_model(self):
                return load()

            def run_inference(self, batch, model, inference_args=None):
                del inference_args
                return [call(model, inputs) for inputs in batch]

            def batch_elements_kwargs(self):
                return {"min_batch_size": 1, "max_batch_size": 1}

        created = pipeline | apache_beam.Create(list(jobs), reshuffle=True)
        found = created | apache_beam.FlatMap(read) | RunInference(Handler())
        _ = found | apache_beam.Map(write)


@contextlib.contextmanager
def _pipeline(options: Sequence[str]) -> Iterator[tuple[Any, Any]]:
    """Beam, and a pipeline, which runs at the end.

    Raises:
      UserError: there is no Apache Beam.
    """
    try:
        import apache_beam
        from apache_beam.options.pipeline_options import PipelineOptions
    except ImportError as error:
        raise UserError(
            "runner: needs Apache Beam; install it with pip install"
            " 'tfgen[beam]', or leave it out."
        ) from error
    with apache_beam.Pipeline(options=PipelineOptions(list(options))) as p:
        yield apache_beam, p

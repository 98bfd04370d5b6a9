"""Work on the workers of an Apache Beam pipeline, an optional package."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from tfgen.errors import UserError

Job = TypeVar("Job")


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
    try:
        import apache_beam
        from apache_beam.options.pipeline_options import PipelineOptions
    except ImportError as error:
        raise UserError(
            "runner: needs Apache Beam; install it with pip install"
            " 'tfgen[beam]', or leave it out."
        ) from error
    with apache_beam.Pipeline(options=PipelineOptions(list(options))) as p:
        created = p | apache_beam.Create(list(jobs), reshuffle=True)
        _ = created | apache_beam.Map(function)

"""What a trained model says of each of the user's inputs."""

from __future__ import annotations

import functools
import math
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import tensorflow as tf
import tqdm
from absl import logging

from tfgen import beam
from tfgen.data.keys import digest
from tfgen.errors import UserError, one_of
from tfgen.scoring import inputs
from tfgen.scoring.outputs import Columns, Output, write_columns

if TYPE_CHECKING:
    from tfgen.library import Run

# What there is a row of each input of; the first that a model has is meant.
CAPABILITIES = (
    "classify",
    "log_prob",
    "energy",
    "elbo",
    "reconstruct",
    "encode",
)

# Good inputs, and which rows of the output they are.
Compute = Callable[[Mapping[str, Any], np.ndarray], Columns]


class _Scoring(NamedTuple):
    """What is computed of which inputs.

    Attributes:
      sources: of the inputs.
      compute: good inputs and their rows -> columns.
      template: columns of one row, by whose making `compute` has been compiled;
        in each process in the same way, so that its numbers are the same.
      identity: what decides on the rows.
    """

    sources: list[inputs.Source]
    compute: Compute
    template: Columns
    identity: dict[str, Any]


def _scoring(
    run: Run,
    paths: Sequence[str],
    capability: str,
    draws: int,
    columns: Sequence[str],
    conditions: Mapping[str, Any],
    say: Callable[[str], None] = logging.warning,
) -> _Scoring:
    model, spec = run.model, run.config.spec
    known = [name for name in CAPABILITIES if model.can(name)]
    known = known[:1] if spec.words else known
    if not known:
        raise UserError(
            f"workdir={run.workdir}: {run.config.model} says nothing of single"
            " inputs; it can be sampled."
        )
    capability = one_of("capability", capability or known[0], known)
    noisy = capability in ("log_prob", "elbo") and run.is_noisy
    draws = draws if noisy or capability == "elbo" else 1
    if draws < 1:
        raise UserError(f"draws={draws}: expected at least 1.")
    needed = [] if capability == "classify" else model.conditions
    needed = [name for name in needed if name not in conditions]
    sources = inputs.sources(
        paths,
        spec,
        whole=noisy,
        conditions=needed,
        background=getattr(run.config.data, "background", "white"),
        columns=columns,
        say=say,
    )
    compute = _COMPUTE[capability](run, draws, conditions)
    template = compute(_example(run, needed), np.zeros(1, int))
    identity = {
        "capability": capability,
        "draws": draws,
        "conditions": {
            n: np.asarray(v).tolist() for n, v in conditions.items()
        },
        "weights": digest(*model.get_weights()),
        "input": [source.identity for source in sources],
    }
    return _Scoring(sources, compute, template, identity)


def write(
    run: Run,
    paths: Sequence[str],
    path: str,
    capability: str = "",
    draws: int = 10,
    columns: Sequence[str] = ("premise", "hypothesis"),
    runner: Sequence[str] | None = None,
    **conditions: Any,
) -> Output:
    """Writes a row for each input, in order; see `tfgen.library.Run.score`."""
    settings = paths, capability, draws, columns, conditions
    sources, compute, template, identity = _scoring(run, *settings)
    heads = {"probabilities": run.config.spec.labels}
    output = Output(path, template, heads, identity)
    nothing = {name: values[:0] for name, values in template.items()}
    with output, _progress(sources, output.done) as progress:
        if runner is not None:
            jobs = _jobs(sources, output)
            part = functools.partial(_part, type(run), run.workdir, settings)
            beam.each(part, jobs, runner)
        for number, first in _left(sources, output.position):
            for block in sources[number].blocks(first):
                first += len(block.names)
                places = output.done + block.places
                found = output.part(output.done) or nothing
                if found is nothing and len(places):
                    found = compute(block.good, places)
                output.add(block, found, (number, first))
                progress.update(len(block.names))
        if not output.done:
            raise UserError(f"input={', '.join(paths)}: nothing in it.")
        output.finish()
    return output


def _jobs(sources, output) -> list[tuple[int, int, int, pathlib.Path]]:
    """Blocks that nobody has computed: source, first input, row and file."""
    jobs, row = [], 0
    for number, source in enumerate(sources):
        if source.count is None:
            raise UserError(
                "runner: expected inputs whose number is known without reading"
                " them: images and arrays."
            )
        for first in range(0, source.count, inputs.BLOCK):
            path = output.part_path(row + first)
            if row + first >= output.done and not path.exists():
                jobs.append((number, first, row + first, path))
        row += source.count
    return jobs


def _part(kind, workdir, settings, job) -> None:
    """Computes a block, on some machine."""
    number, first, row, path = job
    run = _run(kind, workdir)
    scoring = _scoring(run, *settings, say=logging.info)
    block = next(scoring.sources[number].blocks(first))
    if len(block.places):
        found = scoring.compute(block.good, row + block.places)
        write_columns(path, found)


@functools.lru_cache(1)
def _run(kind, workdir):
    return kind.resume(workdir)


def _left(sources, position):
    """Number of a source, and of the first input of it that is left."""
    number, first = position
    yield number, first
    for other in range(number + 1, len(sources)):
        yield other, 0


def _progress(sources, done):
    counts = [source.count for source in sources]
    total = None if None in counts else sum(counts)
    return tqdm.tqdm(
        desc="scoring",
        unit="row",
        total=total,
        initial=done,
        delay=5,
        disable=None,  # unless stderr is a terminal
    )


def _example(run, needed):
    """An input that no file has, from which the columns are known."""
    if run.config.spec.words:
        return {"pairs": [("", "")]}
    from tfgen.capabilities import example_inputs

    rows = example_inputs(run.model, 1, 0)
    return {"x": np.floor(rows["x"]), **{n: rows[n] for n in needed}}


# A function for each capability: (run, draws, conditions) -> `Compute`.


def _given(good, conditions):
    fields = {n: v for n, v in good.items() if n not in ("x", "pairs")}
    return fields | conditions


def _classify(run, draws, conditions) -> Compute:
    del draws
    labels = run.config.spec.labels

    def compute(good, places):
        found = run.classify(good.get("pairs", good.get("x")))
        columns = {"label": found["label"].astype(np.int32)}
        if labels:
            columns["label_name"] = np.array(labels)[found["label"]]
        return columns | {"probabilities": found["probabilities"]}

    return compute


def _of_draws(name, run, draws, conditions) -> Compute:
    def compute(good, places):
        given = _given(good, conditions)
        values = run.of_draws(name, good["x"], draws, places, **given)
        found = {name: values.mean(0, dtype=np.float64)}
        if draws > 1:
            error = values.std(0, ddof=1, dtype=np.float64) / math.sqrt(draws)
            found[f"{name}_std_error"] = error
        return {name: v.astype(np.float32) for name, v in found.items()}

    return compute


def _energy(run, draws, conditions) -> Compute:
    del draws
    return lambda good, places: {
        "energy": run.energy(good["x"], **_given(good, conditions))
    }


def _reconstruct(run, draws, conditions) -> Compute:
    del draws

    def compute(good, places):
        x = good["x"]
        again = run.reconstruct(x, **_given(good, conditions))
        if again.shape != x.shape:
            # A generator may make smaller images than the encoder sees.
            size = again.shape[1:3]
            x = tf.image.resize(x, size, antialias=True).numpy()
        squares = np.square(again - x).reshape(len(x), -1)
        return {"reconstruction_error": np.sqrt(squares.mean(1))}

    return compute


def _encode(run, draws, conditions) -> Compute:
    del draws

    def compute(good, places):
        found = run.encode(good["x"], **_given(good, conditions))
        if isinstance(found, Mapping):
            return found
        (name,) = run.model.latents
        return {name: found}

    return compute


_COMPUTE = {
    "classify": _classify,
    "log_prob": functools.partial(_of_draws, "log_prob"),
    "elbo": functools.partial(_of_draws, "elbo"),
    "energy": _energy,
    "reconstruct": _reconstruct,
    "encode": _encode,
}

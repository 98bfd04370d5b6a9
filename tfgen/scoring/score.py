"""What a trained model says of each of the user's inputs."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf
from absl import logging

from tfgen import beam
from tfgen.data.keys import digest
from tfgen.errors import UserError, one_of
from tfgen.scoring import inputs
from tfgen.scoring.outputs import Output, write_columns
from tfgen.scoring.rows import Compute, Scoring, write_rows

if TYPE_CHECKING:
    from tfgen.library import ArrayRun

# What there is a row of each input of; the first that a model has is meant.
CAPABILITIES = (
    "classify",
    "log_prob",
    "energy",
    "elbo",
    "reconstruct",
    "encode",
)


def _scoring(
    run: ArrayRun,
    paths: Sequence[str],
    capability: str,
    draws: int,
    columns: Sequence[str],
    conditions: Mapping[str, Any],
    say: Callable[[str], None] = logging.warning,
) -> Scoring:
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
        label_column=run.config.data.label_column,
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
    return Scoring(sources, compute, template, identity)


def write(
    run: ArrayRun,
    paths: Sequence[str],
    path: str,
    capability: str = "",
    draws: int = 10,
    columns: Sequence[str] = ("premise", "hypothesis"),
    runner: Sequence[str] | None = None,
    **conditions: Any,
) -> Output:
    """Writes a row for each input, in order; see `ArrayRun.score`."""
    settings = paths, capability, draws, columns, conditions
    elsewhere = None
    if runner is not None:
        part = functools.partial(_part, type(run), run.workdir, settings)
        elsewhere = functools.partial(beam.each, part, options=runner)
    scoring = _scoring(run, *settings)
    return write_rows(scoring, path, run.config.spec.labels, elsewhere)


def _part(kind, workdir, settings, job) -> None:
    """Computes a block, on some machine."""
    scoring = _scoring(_run(kind, workdir), *settings, say=logging.info)
    for good, places in job.read(scoring.sources):
        write_columns(job.path, scoring.compute(good, places))


@functools.lru_cache(1)
def _run(kind, workdir):
    return kind.resume(workdir)


def _example(run, needed):
    """An input that no file has, from which the columns are known."""
    if run.config.spec.words:
        return {"pairs": [("", "")]}
    from tfgen.example_inputs import example_inputs

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
        given = _given(good, conditions)
        if run.model.can("posterior"):
            return run.posterior(good["x"], **given)
        found = run.encode(good["x"], **given)
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

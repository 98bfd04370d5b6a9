"""What a model of a run is for, how well it does it, and on which data."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from export.examples import Arrays, Example
from tfgen.capabilities import example_inputs, signatures
from tfgen.errors import UserError

if TYPE_CHECKING:
    from tfgen.run import Run

_MOST = 2_000  # rows that an artefact is measured on
_CALIBRATION = 100  # rows of each input that ranges are made of
_STEPS = 10  # of training, whose batches they are taken from
_SEED = 2_016


@dataclasses.dataclass(frozen=True)
class Task:
    """A figure of the outputs of one signature.

    Attributes:
      metric: its name.
      example: inputs of the signature.
      score: outputs -> the figure.
      allowed: how much worse a file may be than the SavedModel; None: any.
      higher_is_better: as accuracy.
    """

    metric: str
    example: Example
    score: Callable[[Arrays], float]
    allowed: float | None = None
    higher_is_better: bool = False

    def cost(self, score: float, reference: float) -> float:
        """Returns by how much `score` is worse than `reference`."""
        return (
            (reference - score)
            if self.higher_is_better
            else (score - reference)
        )


def of_run(run: Run) -> Task | None:
    """Returns the task of a run's model, on the test split.

    - flows: `bits_per_dim`, of which 0.05 may be lost;
    - classifiers: `accuracy`, of which 0.01;
    - games: the distance of samples from the data that their training is
      watched by; None where it cannot be measured.
    """
    on_device = {n for n, s in signatures(run.model).items() if s.on_device}
    if "log_prob" in on_device:
        return _flow(run)
    for signature in ("classify", "classify_ids"):
        if signature in on_device:
            return _classifier(run, signature)
    return _game(run) if "decode" in on_device else None


def _flow(run):
    size = run.config.spec.size
    inputs = _test_rows(run)

    def bits_per_dim(outputs):
        return -float(np.mean(outputs["log_prob"])) / (size * math.log(2))

    return Task(
        "bits_per_dim", _example(run, "log_prob", inputs), bits_per_dim, 0.05
    )


def _classifier(run, signature):
    inputs = _test_rows(run)
    label = inputs["label"]

    def accuracy(outputs):
        chosen = np.argmax(outputs["probabilities"], axis=1)
        return float(np.mean(chosen == label))

    example = _example(run, signature, inputs)
    return Task("accuracy", example, accuracy, 0.01, higher_is_better=True)


def _game(run):
    quality = run.sample_quality
    inputs = example_inputs(run.model, _MOST, _SEED)

    def figures(samples):
        # As many as they are compared with: distances depend on the number.
        return quality.of_samples(samples[: run.data.size("test")], "test")

    try:
        metric = next(iter(figures(inputs["x"])))
    except UserError:  # images that are too small, or too few
        return None
    return Task(
        metric,
        _example(run, "decode", inputs),
        lambda outputs: figures(outputs["x"])[metric],
    )


def calibration(model, rows: Mapping[str, np.ndarray]) -> list[Example]:
    """Returns calls whose values the ranges of 8 bits are made of.

    Args:
      model: see `tfgen.model`.
      rows: of the training data; inputs that are not there are the model's
        own examples.
    """
    count = min([_CALIBRATION, *map(len, rows.values())])
    inputs = {**example_inputs(model, count, _SEED), **rows}
    return [
        Example(
            name,
            True,
            {s.name: inputs[s.name][i : i + 1] for s in signature.inputs},
        )
        for name, signature in signatures(model).items()
        if signature.on_device
        for i in range(count)
    ]


def training_rows(run: Run) -> Arrays:
    """Returns rows of training batches, under the signatures' names."""
    train = dataclasses.replace(
        run.config.train, steps=_STEPS, steps_per_call=_STEPS
    )
    (call,) = run.data.train_batches(train, noise={})
    # [K, B, ...] -> [K * B, ...]
    rows = {n: v.numpy().reshape(-1, *v.shape[2:]) for n, v in call.items()}
    return _named(rows, _CALIBRATION)


def _test_rows(run):
    parts = list(run.data.eval_batches("test", run.config.train))
    rows = {n: _stack([part[n].numpy() for part in parts]) for n in parts[0]}
    return _named(rows, _MOST)


def _example(run, signature, inputs):
    specs = signatures(run.model)[signature].inputs
    return Example(signature, True, {s.name: inputs[s.name] for s in specs})


def _named(rows, most):
    """At most so many, spread evenly: sentences come by length."""
    count = len(next(iter(rows.values())))
    places = np.linspace(0, count - 1, min(count, most)).astype(int)
    rows = {name: array[places] for name, array in rows.items()}
    ids = {f"{n}_ids": rows[n] for n in ("premise", "hypothesis") if n in rows}
    if ids:
        ids["sentence_ids"] = ids["premise_ids"]
    return {**rows, **ids}


def _stack(parts):
    """One array; sentences are padded to the longest."""
    if parts[0].ndim != 2:
        return np.concatenate(parts)
    width = max(part.shape[1] for part in parts)
    return np.concatenate(
        [np.pad(p, ((0, 0), (0, width - p.shape[1]))) for p in parts]
    )

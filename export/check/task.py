"""What a model of a run is for, how well it does it, and on which data."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from export.calls import Arrays, Call, spread, to_array
from tfgen.errors import UserError

if TYPE_CHECKING:
    from tfgen.capabilities import Signature
    from tfgen.run import Run

_MOST = 2_000  # rows that an artefact is measured on
_MOST_NUMBERS = 1 << 22  # of pictures that are translated
_SEED = 2_016


@dataclasses.dataclass(frozen=True)
class Task:
    """A figure of the outputs of one signature.

    Attributes:
      metric: its name.
      call: of the signature.
      score: outputs -> the figure.
      allowed: how much worse a file may be than the SavedModel; None: any.
      higher_is_better: as accuracy.
    """

    metric: str
    call: Call
    score: Callable[[Arrays], float]
    allowed: float | None = None
    higher_is_better: bool = False

    def cost(self, score: float, reference: float) -> float:
        """Returns by how much `score` is worse than `reference`."""
        more = score - reference
        return -more if self.higher_is_better else more


def task_of(run: Run) -> Task | None:
    """Returns the task of a run's model, on the test split.

    - flows: `bits_per_dim`, of which 0.05 may be lost;
    - classifiers: `accuracy`, of which 0.01;
    - models that translate: `translation_error`, the mean difference of
      translations from Keras's, of black and white 1; 0.01 of it;
    - games: the distance of samples from the data that their training is
      watched by; None where it cannot be measured.
    """
    from tfgen import capabilities  # it imports TensorFlow

    signatures = capabilities.signatures(run.model)
    on_device = {n: s for n, s in signatures.items() if s.on_device}
    names = "log_prob_with_noise log_prob classify classify_ids"
    for name in names.split():
        if name in on_device:
            rows = test_rows(run)
            call = Call.of(name, on_device[name], rows)
            if name.startswith("log_prob"):
                score = _bits_per_dim(run.config.spec.size)
                return Task("bits_per_dim", call, score, 0.05)
            return Task("accuracy", call, _accuracy(rows["label"]), 0.01, True)
    if "translate" in on_device:
        return _translation(run, on_device["translate"])
    return _game(run, on_device["decode"]) if "decode" in on_device else None


def _bits_per_dim(size):
    return lambda outputs: (
        -float(np.mean(outputs["log_prob"])) / (size * math.log(2))
    )


def _accuracy(label):
    return lambda outputs: float(
        np.mean(np.argmax(outputs["probabilities"], axis=1) == label)
    )


def _translation(run: Run, translate: Signature) -> Task:
    spec = run.config.spec
    (y,) = (field for field in spec.fields if field.name == "y")
    rows = test_rows(run, max(1, min(_MOST, _MOST_NUMBERS // spec.size)))
    call = Call.of("translate", translate, rows)
    exact = to_array(translate.function(*call.inputs.values())["y"])

    def error(outputs):
        difference = np.abs(outputs["y"] - exact)
        return float(np.mean(difference)) / (y.levels - 1)

    return Task("translation_error", call, error, 0.01)


def _game(run: Run, decode: Signature) -> Task | None:
    from tfgen.capabilities import example_inputs

    rows = example_inputs(run.model, _MOST, _SEED)

    def figures(outputs):
        # As many as they are compared with: distances depend on the number.
        samples = outputs["x"][: run.data.size("test")]
        return run.sample_quality.of_samples(samples, "test")

    try:
        metric = next(iter(figures(rows)))
    except UserError:  # images that are too small, or too few
        return None
    call = Call.of("decode", decode, rows)
    return Task(metric, call, lambda outputs: figures(outputs)[metric])


def test_rows(run: Run, most: int = _MOST) -> Arrays:
    """Returns rows of the test split, under the signatures' names."""
    parts = list(run.data.eval_batches("test", run.config.train))
    rows = {n: _stack([part[n].numpy() for part in parts]) for n in parts[0]}
    noisy = run.config.spec.x if run.is_noisy else None
    return spread(rows, most, noisy)


def _stack(parts):
    """One array; sentences are padded to the longest."""
    if parts[0].ndim != 2:
        return np.concatenate(parts)
    width = max(part.shape[1] for part in parts)
    return np.concatenate(
        [np.pad(p, ((0, 0), (0, width - p.shape[1]))) for p in parts]
    )

"""What a model of a run is for, how well it does it, and on which data."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from export.calls import Arrays, Call, in_pieces, spread, to_array

if TYPE_CHECKING:
    from tfgen.capabilities import Signature
    from tfgen.run import Run

_MOST = 2_000  # rows that an artefact is measured on
_MOST_NUMBERS = 1 << 22  # of pictures that are translated
_AT_ONCE = 200
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

    - flows: `bits_per_dim`, which may grow by 0.05;
    - classifiers: `accuracy`, which may fall by 0.01;
    - models that translate: `translation_error`, the mean difference of
      translations from Keras's, where black to white is 1; at most 0.01;
    - others, of which `decode` comes first: `decode_error`, likewise of
      examples that are made of the same noise; of real numbers the mean
      difference in standard deviations, at most 0.05.
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
    for name in ("translate", "decode", *on_device):
        if name in on_device:
            return _difference(run, name, on_device[name])
    return None


def _bits_per_dim(size):
    return lambda outputs: (
        -float(np.mean(outputs["log_prob"])) / (size * math.log(2))
    )


def _accuracy(label):
    return lambda outputs: float(
        np.mean(np.argmax(outputs["probabilities"], axis=1) == label)
    )


def _difference(run: Run, name: str, signature: Signature) -> Task:
    """The mean over thousands of rows: no single number decides."""
    from tfgen.example_inputs import example_inputs

    spec = run.config.spec
    most = max(1, min(_MOST, _MOST_NUMBERS // spec.size))
    if name == "translate":
        rows = test_rows(run, most)
    else:
        rows = example_inputs(run.model, most, _SEED)
    call = Call.of(name, signature, rows)
    specs = [tensor.name for tensor in signature.inputs]

    def keras(inputs):
        found = signature.function(*(inputs[n] for n in specs))
        return {n: to_array(value) for n, value in found.items()}

    found = in_pieces(keras, call.inputs, _AT_ONCE)
    output = next(iter(found))
    exact = found[output].astype(np.float64)
    known = {field.name: field.levels for field in (spec.x, *spec.fields)}
    levels = known.get(output.removesuffix("_again"))
    scale = levels - 1 if levels else max(float(exact.std()), 1e-6)

    def error(outputs):
        return float(np.mean(np.abs(outputs[output] - exact))) / scale

    word = "translation" if name == "translate" else name
    return Task(f"{word}_error", call, error, 0.01 if levels else 0.05)


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

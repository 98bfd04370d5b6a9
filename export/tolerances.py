"""How far an artefact may be from the Keras model.

The error of an output is the largest `|a - b| / max(1, |b|, m / 100)` over its
elements, where b is Keras's value and m the largest |b| of the row: absolute
near zero, relative for large values.
"""

import dataclasses
from collections.abc import Iterable, Sequence

from tfgen.errors import one_of


@dataclasses.dataclass(frozen=True)
class Tolerance:
    """The rule for one kind of artefact.

    Attributes:
      error: the largest one allowed.
      measured: the same where the cost on data is judged; None is no other.
      required: over it, the export fails; otherwise the artefact is dropped.
      weight_bytes: what a weight takes.
    """

    error: float
    required: bool = False
    measured: float | None = None
    weight_bytes: int = 4


TOLERANCES = {
    # The same kernels on the same float32 weights, fused or folded otherwise.
    "saved_model": Tolerance(1e-4, required=True),
    # Other kernels, still float32.
    "float32": Tolerance(1e-4, required=True),
    # Weights rounded to 11 bits (5e-4), added up by some tens of layers. One
    # output may be further off by chance, and after the next training none: so
    # that what it costs over many rows decides, of every model that has a run
    # (export/check/task.py).
    "float16": Tolerance(1e-2, measured=5e-2, weight_bytes=2),
    # Weights rounded to 8 bits (4e-3); less than one of 17 gray levels.
    # Likewise.
    "dynamic_range": Tolerance(5e-2, measured=2.0, weight_bytes=1),
    # What is computed is rounded to 8 bits, too, and an output may be off by
    # many of its steps: that cost is measured on data (export/check/task.py).
    "int8": Tolerance(2.0, weight_bytes=1),
    # Inputs and outputs as well.
    "int8_io": Tolerance(2.0, weight_bytes=1),
}

QUANTIZATIONS = tuple(name for name in TOLERANCES if name != "saved_model")

# Those that need no calibration.
DEFAULT = ("float32", "float16", "dynamic_range")


def each_once(
    quantizations: Iterable[str], known: Sequence[str] = QUANTIZATIONS
) -> list[str]:
    """Returns the quantizations, each once, however often it was named.

    Raises:
      UserError: one is not known.
    """
    return [one_of("quantize", q, known) for q in dict.fromkeys(quantizations)]

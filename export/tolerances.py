"""How far an artefact may be from the Keras model.

The error of an output is the largest `|a - b| / max(1, |b|)` over its elements,
where b is Keras's value: absolute near zero, relative for large values.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Tolerance:
    """The rule for one kind of artefact.

    Attributes:
      error: the largest one allowed.
      required: over it, the export fails; otherwise the artefact is dropped.
    """

    error: float
    required: bool


TOLERANCES = {
    # The same kernels on the same float32 weights, fused or folded otherwise.
    "saved_model": Tolerance(1e-4, required=True),
    # Other kernels, still float32.
    "float32": Tolerance(1e-4, required=True),
    # Weights rounded to 11 bits (5e-4), added up by some tens of layers.
    "float16": Tolerance(1e-2, required=False),
    # Weights rounded to 8 bits (4e-3); less than one of 17 gray levels.
    "dynamic_range": Tolerance(5e-2, required=False),
}

QUANTIZATIONS = tuple(name for name in TOLERANCES if name != "saved_model")

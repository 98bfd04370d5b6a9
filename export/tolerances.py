"""How far an artefact may be from the Keras model.

The error of an output is the largest `|a - b| / max(1, |b|)` over its elements,
where b is Keras's value: absolute near zero, relative for large values.

Float32 has an uncertainty of its own. A flow that shrinks some direction a
thousand times in one layer and expands it in a later one amplifies rounding
(6e-8) as much, and two correct programs differ by that. It is measured: the
outputs of the model are compared with those after each weight has moved to a
neighbouring float32. `ROUNDINGS` times that is allowed where it is more than
the tolerance.
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

# One draw of neighbours finds a third of what another may find, and rounding
# happens in the activations, too.
ROUNDINGS = 4.0

# Beyond this a model is called broken, however uncertain it is.
_LARGEST = 1e-2


def allowed(kind: str, rounding: float) -> float:
    """Returns the largest error allowed.

    Args:
      kind: of the artefact.
      rounding: the uncertainty of the signature in Keras.
    """
    tolerance = TOLERANCES[kind].error
    return max(tolerance, min(ROUNDINGS * rounding, _LARGEST))

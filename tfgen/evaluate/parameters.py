"""How many parameters a model has."""

import keras
import numpy as np


def parameter_table(model: keras.Model) -> str:
    """Returns a line for each variable, and the sums.

    State of other kinds (seeds, running averages) counts as not trained.

    Args:
      model: built.
    """
    lines = []
    counts = {True: 0, False: 0}
    for variable in model.variables:
        count = int(np.prod(variable.shape))
        counts[variable.trainable] += count
        note = "" if variable.trainable else "  not trained"
        lines.append(
            f"{variable.path:50} {variable.shape!s:>16} {count:>12,}{note}"
        )
    trained, other = counts[True], counts[False]
    return "\n".join(
        [
            *lines,
            f"{trained:,} parameters are trained"
            f" ({trained / 1e6:.1f} million), {other:,} are not.",
        ]
    )

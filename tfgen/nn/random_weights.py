"""Random weights, to test what is done with a network."""

from collections.abc import Iterable

import keras
import numpy as np


def randomize(
    variables: Iterable[keras.Variable], scale: float = 0.3, seed: int = 0
) -> None:
    """Adds normal noise to variables.

    A fresh network may hide what goes wrong: biases are 0, running averages 0
    and 1, and a flow is the identity (s = t = 0).

    Args:
      variables: those of integers, as of random generators, are left alone;
        those named `variance` become exp(noise).
      scale: standard deviation of the noise.
      seed: of the noise.
    """
    random = np.random.default_rng(seed)
    for variable in variables:
        if not variable.dtype.startswith("float"):
            continue
        noise = random.normal(0, scale, variable.shape)
        if variable.path.endswith("variance"):
            variable.assign(np.exp(noise))
        else:
            variable.assign_add(noise)

"""What models that make samples of noise export: `decode` and `sample`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from tfgen.models.contract import Signature
from tfgen.models.noise import seeded_normal

if TYPE_CHECKING:
    import keras


def sample_signatures(model: keras.Model) -> dict[str, Signature]:
    """Returns `decode` (z -> x) and `sample` (seed, temperature -> x).

    Args:
      model: has `latent_shape` (Z,), `decode` and `sample`.
    """
    (Z,) = model.latent_shape

    def sample(seed, temperature):
        return {"x": model.sample(seeded_normal(seed, temperature, Z))}

    return {
        "decode": Signature(
            lambda z: {"x": model.decode(z)},
            [tf.TensorSpec([None, Z], tf.float32, "z")],
        ),
        "sample": Signature(
            sample,
            [
                tf.TensorSpec([None], tf.int32, "seed"),
                tf.TensorSpec([None], tf.float32, "temperature"),
            ],
            on_device=False,
        ),
    }


def sample_inputs(
    model: keras.Model, n: int, seed: int, uniform: bool = False
) -> dict[str, np.ndarray]:
    """Returns n rows of the inputs of `sample_signatures`, and samples `x`.

    Args:
      model: see `sample_signatures`.
      n: number of rows.
      seed: of all numbers.
      uniform: z lies in (-1, 1) instead of being normal.
    """
    random = np.random.default_rng(seed)
    shape = (n, *model.latent_shape)
    normal = random.standard_normal(shape, np.float32)
    z = random.uniform(-1, 1, shape).astype(np.float32) if uniform else normal
    return {
        "x": model.sample(normal[::-1]).numpy(),
        "z": z,
        "seed": random.integers(0, 2**31 - 1, n, np.int32),
        "temperature": random.uniform(0.5, 1, n).astype(np.float32),
    }

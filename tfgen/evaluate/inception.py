"""InceptionV3, by whose features FID and KID are published.

Szegedy et al. 2016, arXiv:1512.00567; FID: Heusel et al. 2017,
arXiv:1706.08500; KID: Binkowski et al. 2018, arXiv:1801.01401. The weights are
those that Keras publishes; other weights, and other ways to resize, give other
distances.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from tfgen.errors import UserError
from tfgen.evaluate.classifier import Described

_SIDE = 299
_BATCH = 50


class Inception:
    """The network, for images [N, H, W, 1 or 3] in [0, levels - 1]."""

    def __init__(
        self, weights: str | os.PathLike, shape: Sequence[int], levels: int
    ):
        """Reads the weights.

        Args:
          weights: file of Keras's weights with the last layer,
            `inception_v3_weights_tf_dim_ordering_tf_kernels.h5`.
          shape: (H, W, channels) of an image.
          levels: of gray, at least 2.

        Raises:
          UserError: not such a file, or not the shape of images.
        """
        if len(shape) != 3 or shape[-1] not in (1, 3):
            raise UserError(
                f"inception: examples of shape {tuple(shape)}; expected"
                " images of 1 or 3 channels."
            )
        self._levels = levels
        try:
            network = keras.applications.InceptionV3(weights=os.fspath(weights))
        except (OSError, ValueError) as error:
            reason = (str(error).strip().splitlines() or [""])[0]
            raise UserError(
                f"inception={weights}: not the weights of Keras's InceptionV3"
                f" with its last layer ({reason:.200})."
            ) from error
        features = network.get_layer("avg_pool").output
        self._network = keras.Model(network.input, [features, network.output])

    def describe(self, x: np.ndarray) -> Described:
        """Returns features [N, 2048] and p(y|x) [N, 1000] of images."""
        parts = [
            self._network.predict_on_batch(
                network_input(x[i : i + _BATCH], self._levels)
            )
            for i in range(0, len(x), _BATCH)
        ]
        features, probabilities = map(np.concatenate, zip(*parts))
        return Described(features, probabilities.astype(np.float64))


def network_input(x: np.ndarray, levels: int) -> np.ndarray:
    """Returns images as the network wants them, [N, 299, 299, 3] in [-1, 1].

    Args:
      x: [N, H, W, 1 or 3] in [0, levels - 1]; enlarged by bilinear
        interpolation.
      levels: of gray.
    """
    x = 2 * tf.cast(x, tf.float32) / (levels - 1) - 1
    x = tf.image.resize(x, (_SIDE, _SIDE))
    return tf.repeat(x, 3 // x.shape[-1], axis=-1).numpy()

"""Numbers of a vector in another order."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from tfgen.bijectors.base import Bijector


class Permutation(Bijector):
    """`y_d = x_{order[d]}` of the last axis; log det = 0."""

    def __init__(
        self,
        order: Sequence[int],
        event_ndims: int = 1,
        name: str = "permutation",
    ):
        """Args: `order`, which number comes first, second, …."""
        self._order = np.asarray(order, np.int32)
        self._back = np.argsort(self._order).astype(np.int32)
        super().__init__(event_ndims, name)

    def forward_and_log_det(self, x, **kwargs):
        return tf.gather(x, self._order, axis=-1), _zeros(x)

    def inverse_and_log_det(self, y, **kwargs):
        return tf.gather(y, self._back, axis=-1), _zeros(y)


def _zeros(x):
    return tf.zeros_like(tf.reshape(x, [tf.shape(x)[0], -1])[:, 0])

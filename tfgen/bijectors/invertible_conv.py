"""Invertible 1 x 1 convolution."""

import math

import tensorflow as tf

from tfgen.bijectors.base import Bijector
from tfgen.nn.plu import PLU


class InvertibleConv(Bijector):
    """`y_ij = W x_ij` at each pixel;  log det = H W log |det W|.

    Section 3.2 of Kingma & Dhariwal 2018 (arXiv:1807.03039).
    """

    def __init__(
        self, layer: PLU, event_ndims: int = 3, name: str = "invertible_conv"
    ):
        """Makes the bijector.

        Args:
          layer: has W.
          event_ndims: 3 for images, 1 for vectors.
          name: of the bijector.
        """
        self._layer = layer
        super().__init__(event_ndims, name)

    def _log_det(self, x):
        log_det = math.prod(x.shape[1:-1]) * self._layer.log_det()
        return tf.fill(tf.shape(x)[:1], log_det)

    def forward_and_log_det(self, x, **kwargs):
        return _multiplied(x, self._layer.matrix()), self._log_det(x)

    def inverse_and_log_det(self, y, **kwargs):
        return _multiplied(y, self._layer.inverse()), -self._log_det(y)


def _multiplied(x, matrix):
    """Multiplies the channels of each pixel."""
    rows = tf.reshape(x, [-1, x.shape[-1]])
    return tf.reshape(
        tf.matmul(rows, matrix, transpose_b=True), [-1, *x.shape[1:]]
    )

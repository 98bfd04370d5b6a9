"""Activation normalization as a bijector."""

import math

import tensorflow as tf

from tfgen.bijectors.base import Bijector
from tfgen.nn.act_norm import ActNormLayer


class ActNorm(Bijector):
    """`y = (x + b) * exp(s);  log det = H W sum s`, whatever x is.

    Table 1 of Kingma & Dhariwal 2018 (arXiv:1807.03039); without b the diagonal
    of NICE (section 3.3 of Dinh et al. 2014, arXiv:1410.8516).
    """

    def __init__(self, layer: ActNormLayer, event_ndims: int):
        """Wraps a `layer`, which has s and b of each channel."""
        self._layer = layer
        super().__init__(event_ndims, "act_norm")

    def _log_det(self, x):
        positions = math.prod(x.shape[1:-1])
        log_det = positions * tf.reduce_sum(self._layer.log_scale)
        return tf.fill(tf.shape(x)[:1], log_det)

    def forward_and_log_det(self, x, start=False, **kwargs):
        return self._layer(x, start=start), self._log_det(x)

    def inverse_and_log_det(self, y, **kwargs):
        x = y * tf.exp(-self._layer.log_scale) - self._layer.shift
        return x, -self._log_det(y)

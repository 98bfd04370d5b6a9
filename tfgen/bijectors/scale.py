"""A factor for each number or channel."""

import math
from typing import Any

import tensorflow as tf

from tfgen.bijectors.base import Bijector

_EPSILON = 1e-6


class Scale(Bijector):
    """`y = (x + b) * exp(s);  log det = H W sum s`, whatever x is.

    NICE's diagonal (section 3.3 of Dinh et al. 2014, arXiv:1410.8516), and with
    b the activation normalization of Glow (section 3.1 of Kingma & Dhariwal
    2018, arXiv:1807.03039).
    """

    def __init__(
        self,
        log_scale: Any,
        shift: Any = None,
        event_ndims: int = 1,
        name: str = "scale",
    ):
        """Makes the bijector.

        Args:
          log_scale: s, a variable [C].
          shift: b, likewise; None for 0.
          event_ndims: 1 for vectors [B, C], 3 for images [B, H, W, C].
          name: of the bijector.
        """
        self._log_scale, self._shift = log_scale, shift
        super().__init__(event_ndims, name)

    def start(self, x: tf.Tensor) -> None:
        """Sets s: each channel of y has variance 1; and b: mean 0.

        Args:
          x: [B, ..., C].
        """
        axes = list(range(x.shape.rank - 1))
        mean = tf.reduce_mean(x, axes)
        variance = tf.reduce_mean(tf.math.squared_difference(x, mean), axes)
        if self._shift is not None:
            self._shift.assign(-mean)
        self._log_scale.assign(-tf.math.log(tf.sqrt(variance) + _EPSILON))

    def _log_det(self, x):
        log_det = math.prod(x.shape[1:-1]) * tf.reduce_sum(self._log_scale)
        return tf.fill(tf.shape(x)[:1], log_det)

    def forward_and_log_det(self, x, start=False, **kwargs):
        if start:
            self.start(x)
        y = x if self._shift is None else x + self._shift
        return y * tf.exp(self._log_scale), self._log_det(x)

    def inverse_and_log_det(self, y, **kwargs):
        x = y * tf.exp(-self._log_scale)
        if self._shift is not None:
            x -= self._shift
        return x, -self._log_det(y)

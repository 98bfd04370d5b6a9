"""From gray levels to real numbers."""

import math

import tensorflow as tf

from tfgen.bijectors.base import Bijector, sum_event


class LogitGrayLevels(Bijector):
    """`y = logit(p),  p = a + (1-a) * x / levels`.

    `log det = sum log((1-a)/levels) - log(p) - log(1-p)` (section 4.1 of Dinh
    et al. 2017, arXiv:1605.08803; a = 0.05 there). x is in [0, levels).

    `1 - p` is computed as `(1-a) * (levels - x) / levels`: the difference is
    exact in floating point for x >= levels / 2 (Sterbenz), so that y stays
    finite up to the last float below `levels`, where a rounded p would be 1.
    """

    def __init__(
        self,
        levels: int,
        alpha: float = 0.05,
        event_ndims: int = 3,
        name: str = "logit_gray_levels",
    ):
        """Args: `levels` of gray and `alpha`, the paper's a in (0, 1)."""
        self._levels = float(levels)
        self._alpha = alpha
        self._log_slope = math.log((1 - alpha) / levels)
        super().__init__(event_ndims, name)

    def forward_and_log_det(self, x, **kwargs):
        log_p = tf.math.log(self._alpha + (1 - self._alpha) / self._levels * x)
        log_q = tf.math.log(self._levels - x) + self._log_slope
        return log_p - log_q, sum_event(self._log_slope - log_p - log_q)

    def inverse_and_log_det(self, y, **kwargs):
        # The two tails are computed apart for the same reason.
        p, q = tf.sigmoid(y), tf.sigmoid(-y)
        slope = self._levels / (1 - self._alpha)
        x = tf.where(y < 0, (p - self._alpha) * slope, self._levels - q * slope)
        log_det = -self._log_slope - tf.nn.softplus(y) - tf.nn.softplus(-y)
        return x, sum_event(log_det)


class LinearGrayLevels(Bijector):
    """`y = low + (high - low) * x / levels`, from [0, levels) to [low, high).

    `log det = D log((high - low) / levels)`.
    """

    def __init__(
        self,
        levels: int,
        interval: tuple[float, float] = (0.0, 1.0),
        event_ndims: int = 3,
        name: str = "linear_gray_levels",
    ):
        """Args: `levels` of gray and `interval`, low and high."""
        self._low, high = interval
        self._slope = (high - self._low) / levels
        super().__init__(event_ndims, name)

    def _log_det(self, x):
        log_det = math.prod(x.shape[1:]) * math.log(self._slope)
        return tf.fill(tf.shape(x)[:1], tf.constant(log_det, x.dtype))

    def forward_and_log_det(self, x, **kwargs):
        return self._low + self._slope * x, self._log_det(x)

    def inverse_and_log_det(self, y, **kwargs):
        return (y - self._low) / self._slope, -self._log_det(y)

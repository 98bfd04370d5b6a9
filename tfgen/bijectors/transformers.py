"""Scalar bijections y = f(x; h), whose parameters h a network computes.

x and y are [..., C], h is [..., P * C] for P parameters a number. The log-det
is that of each number, [..., C]. At h = 0 f is the identity: so a mask keeps
what shall stay.
"""

import math
from collections.abc import Callable

import tensorflow as tf


class Affine:
    """`y = x * exp(s) + t;  x = (y - t) * exp(-s);  log det = s`.

    Eqs. 4-8 of Dinh et al. 2017 (arXiv:1605.08803). h has 2C channels: with
    its halves h_s and h_t, `s = log_scale(h_s)` and `t = h_t`.
    """

    def __init__(self, log_scale: Callable = lambda h_s: h_s):
        """Makes the bijection; `log_scale` may bound s, and may be a layer."""
        self._log_scale = log_scale

    def _s_and_t(self, h):
        h_s, h_t = tf.split(h, 2, axis=-1)
        return self._log_scale(h_s), h_t

    def forward_and_log_det(self, x, h):
        s, t = self._s_and_t(h)
        return x * tf.exp(s) + t, s

    def inverse_and_log_det(self, y, h):
        s, t = self._s_and_t(h)
        return (y - t) * tf.exp(-s), -s


class Additive:
    """`y = x + h;  x = y - h;  log det = 0`.

    Section 3.2 of Dinh et al. 2014 (arXiv:1410.8516).
    """

    def forward_and_log_det(self, x, h):
        return x + h, tf.zeros_like(x)

    def inverse_and_log_det(self, y, h):
        return y - h, tf.zeros_like(y)


class Inverted:
    """Another bijection the other way round, with the same parameters."""

    def __init__(self, transformer: Affine):
        """Args: the `transformer`."""
        self._transformer = transformer

    def forward_and_log_det(self, x, h):
        return self._transformer.inverse_and_log_det(x, h)

    def inverse_and_log_det(self, y, h):
        return self._transformer.forward_and_log_det(y, h)


def bounded(s: tf.Tensor, bound: float = math.log(1000)) -> tf.Tensor:
    """Returns s / (1 + |s| / bound), which stays between -bound and bound.

    For `Affine(bounded)`: unbounded scales diverge on small data.
    """
    return s / (1 + tf.abs(s) / bound)

"""Monotonic rational-quadratic splines, a scalar bijection."""

import numpy as np
import tensorflow as tf

from tfgen.bijectors.transformers import bounded

_BOUND = 3.0  # of logits: widths, heights and slopes are at most e^3


class Spline:
    """A rational-quadratic spline in [-B, B], the identity outside.

    Durkan et al. 2019 (arXiv:1906.04032), eqs. 4-8, of K bins. h has (3K - 1) C
    channels: logits of widths and of heights, and logarithms of the slopes at
    inner knots; at both ends the slope is 1. Where the paper has softplus,
    slopes are exp of a bounded number: at h = 0 the spline is the identity, and
    no bin is so flat that float32 could not invert it.
    """

    def __init__(self, bins: int = 8, edge: float = 3.0, least: float = 1e-2):
        """Makes the bijection.

        Args:
          bins: K.
          edge: B.
          least: width and height of a bin, as a share of all of them.
        """
        self._K, self._B, self._least = bins, edge, least
        self.parameters = 3 * bins - 1

    def forward_and_log_det(self, x, h):
        inside, clipped = self._inside(x)
        x_k, y_k, w, s, d, d_next = self._bin(clipped, h, by=0)
        xi = (clipped - x_k) / w
        y, log_slope = _spline(xi, w, s, d, d_next)
        return self._choose(inside, x, y_k + y, log_slope)

    def inverse_and_log_det(self, y, h):
        inside, clipped = self._inside(y)
        x_k, y_k, w, s, d, d_next = self._bin(clipped, h, by=1)
        rise = (clipped - y_k) / w
        bend = d_next + d - 2 * s
        a = s * (s - d) + rise * bend
        b = s * d - rise * bend
        # Rounding may take it below 0.
        root = tf.sqrt(tf.maximum(b * b + 4 * a * s * rise, 0))
        xi = tf.clip_by_value(2 * s * rise / (b + root), 0, 1)
        _, log_slope = _spline(xi, w, s, d, d_next)
        return self._choose(inside, y, x_k + xi * w, -log_slope)

    def _inside(self, x):
        # Clipped before the arithmetic: no gradient outside is NaN.
        clipped = tf.clip_by_value(x, -self._B, self._B)
        return tf.abs(x) < self._B, clipped

    def _choose(self, inside, x, y, log_slope):
        return tf.where(inside, y, x), tf.where(inside, log_slope, 0)

    def _bin(self, x, h, by):
        """Returns the corner, width and slopes s, d_k, d_(k+1) of x's bin.

        x is among the knots of the inputs, or `by=1` of the outputs.
        """
        K = self._K
        # [..., (3K - 1) C] -> 3K - 1 of [..., C].
        h = bounded(h, _BOUND)
        parts = tf.split(h, [K * x.shape[-1]] * 2 + [-1], axis=-1)
        logits = [self._of_bins(part, x) for part in parts[:2]]
        sizes = [self._sizes(logit) for logit in logits]
        # Knots but the last: [K, ..., C].
        left = [_sums_before(s) - self._B for s in sizes]
        ones = tf.ones_like(x)[None]
        slopes = tf.exp(self._of_bins(parts[2], x))
        slopes = tf.concat([ones, slopes, ones], axis=0)
        reached = tf.cast(x[None] >= left[by][1:], x.dtype)
        # 1 in the bin of x, else 0.
        here = tf.concat([ones, reached], 0) - tf.concat([reached, 0 * ones], 0)

        def pick(values):
            return tf.reduce_sum(here * values, axis=0)

        (w, height), (x_k, y_k) = map(pick, sizes), map(pick, left)
        return x_k, y_k, w, height / w, pick(slopes[:-1]), pick(slopes[1:])

    def _of_bins(self, part, x):
        """[..., N * C] -> [N, ..., C]."""
        N = part.shape[-1] // x.shape[-1]
        return tf.stack(tf.split(part, N, axis=-1))

    def _sizes(self, logits):
        shares = tf.nn.softmax(logits, axis=0)
        shares = self._least + (1 - self._K * self._least) * shares
        return 2 * self._B * shares


def _sums_before(sizes):
    """Of each, [K, ...]. For `tf.cumsum` XLA would add up each anew."""
    K = sizes.shape[0]
    before = tf.constant(np.tri(K, k=-1), sizes.dtype)
    sums = tf.matmul(before, tf.reshape(sizes, [K, -1]))
    return tf.reshape(sums, tf.shape(sizes))


def _spline(xi, w, s, d, d_next):
    """Y - y_k and the logarithm of the slope at xi in [0, 1]."""
    rest = 1 - xi
    below = s + (d_next + d - 2 * s) * xi * rest
    y = w * s * xi * (s * xi + d * rest) / below
    above = d_next * xi * xi + 2 * s * xi * rest + d * rest * rest
    return y, 2 * tf.math.log(s / below) + tf.math.log(above)

"""Mixtures of Gaussians as a scalar bijection to logistic noise."""

import math

import numpy as np
import tensorflow as tf

from tfgen.bijectors.transformers import bounded
from tfgen.nn.normal_cdf import log_cdfs

_HALVINGS = 40


class Mixture:
    """`y = log F(x) - log(1 - F(x));  log det = log p(x) / (F(x) (1 - F(x)))`.

    F is the distribution function of K Gaussians:

        p(x) = sum_k pi_k N(x; m_k, s_k^2)

    h has 3K C channels: logits of pi, means, and logarithms of s, which stay
    within ±log 1000. Means are moved apart, from -1 to 1: at h = 0 components
    would be the same, and learn the same.

    If x has this density, y is standard logistic. (Phi^-1(F(x)), standard
    normal, would need the inverse of the error function.) The inverse is found
    by bisection, between quantiles of the components: of standard normal t and
    logistic y, |t| <= sqrt(2 |y|) where their distribution functions agree. A
    step of Newton's method ends it, which also gives it its gradient.
    """

    def __init__(self, components: int):
        """Args: K `components`, 2 or more."""
        self._K = components
        self._means = np.linspace(-1, 1, components)
        self.parameters = 3 * components
        self._compiled = tf.function(self._search, autograph=False)

    def log_prob(self, x: tf.Tensor, h: tf.Tensor) -> tf.Tensor:
        """Returns log p(x) of each number, in nats."""
        return self._density(x, *self._parts(x, h))

    def forward_and_log_det(self, x, h):
        parts = self._parts(x, h)
        below, above = self._tails(x, *parts)
        log_det = self._density(x, *parts) - below - above
        return below - above, log_det

    def inverse_and_log_det(self, y, h):
        parts = self._parts(y, h)
        # An eager loop would cost more.
        search = self._compiled if tf.executing_eagerly() else self._search
        low, high = map(tf.stop_gradient, search(y, *parts))
        x = (low + high) / 2
        found, log_slope = self.forward_and_log_det(x, h)
        slope = tf.exp(tf.stop_gradient(tf.maximum(log_slope, -50)))
        step = (y - found) / slope
        # Between modes far apart F is flat.
        x += tf.clip_by_value(step, low - high, high - low)
        return x, -self.forward_and_log_det(x, h)[1]

    def _search(self, y, log_pi, m, log_s):
        """Two numbers that the quantile is between."""
        reach = tf.exp(log_s) * tf.sqrt(2 * tf.abs(y))
        start = tf.reduce_min(m - reach, 0), tf.reduce_max(m + reach, 0)

        def halve(i, low, high):
            middle = (low + high) / 2
            below, above = self._tails(middle, log_pi, m, log_s)
            right = below - above > y
            low = tf.where(right, low, middle)
            return i + 1, low, tf.where(right, middle, high)

        return tf.while_loop(
            lambda i, *_: i < _HALVINGS,
            halve,
            (0, *start),
            maximum_iterations=_HALVINGS,
        )[1:]

    def _parts(self, x, h):
        """Logarithms of pi, means, logarithms of s: [K, ..., C] each."""
        # [..., 3K C] -> 3K of [..., C].
        parts = tf.stack(tf.split(h, h.shape[-1] // x.shape[-1], axis=-1))
        logits, m, log_s = tf.split(parts, 3, axis=0)
        apart = tf.constant(self._means, m.dtype)
        m += tf.reshape(apart, [-1] + [1] * (m.shape.rank - 1))
        return tf.nn.log_softmax(logits, axis=0), m, bounded(log_s)

    def _density(self, x, log_pi, m, log_s):
        t = (x - m) * tf.exp(-log_s)
        log_p = log_pi - log_s - 0.5 * (t * t + math.log(2 * math.pi))
        return tf.reduce_logsumexp(log_p, axis=0)

    def _tails(self, x, log_pi, m, log_s):
        """Log F(x) and log(1 - F(x))."""
        t = (x - m) * tf.exp(-log_s)
        return [
            tf.reduce_logsumexp(log_pi + side, axis=0) for side in log_cdfs(t)
        ]

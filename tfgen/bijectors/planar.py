"""Planar and radial flows: bijectors of few numbers."""

from collections.abc import Callable

import tensorflow as tf

from tfgen.bijectors.base import Bijector
from tfgen.nn.levels import softplus

# How far from 0 slopes stay, so that float32 can invert them.
_MARGIN = 1e-3
_HALVINGS = 30


class Planar(Bijector):
    """`y = x + u^ tanh(w'x + b);  log det = log(1 + (1 - tanh^2) w'u^)`.

    Eqs. 10-12 of Rezende & Mohamed 2015 (arXiv:1505.05770), of vectors. It is
    invertible if w'u^ > -1 (appendix A.1), which holds for any u:

        u^ = u + (m(w'u) - w'u) w / |w|^2,  m(a) = -1 + log(1 + e^a) (+ 0.001)

    The inverse is a root in one number, `h = tanh(w'y + b - w'u^ h)`, found by
    bisection; a step of Newton's method ends it, which also gives the root its
    gradient.
    """

    def __init__(self, parameters: Callable, name: str = "planar"):
        """Args: `parameters`: condition -> u, w and b, [B or 1, 2 D + 1]."""
        self._numbers = parameters
        super().__init__(1, name)

    def _of(self, x, condition):
        D = x.shape[-1]
        u, w, b = tf.split(self._numbers(condition), [D, D, 1], axis=-1)
        wu = tf.reduce_sum(w * u, axis=-1, keepdims=True)
        m = softplus(wu) - 1 + _MARGIN
        square = tf.reduce_sum(w * w, axis=-1, keepdims=True)
        return u + (m - wu) * w / (square + 1e-12), w, b, m

    def forward_and_log_det(self, x, condition=None, **kwargs):
        u, w, b, m = self._of(x, condition)
        h = tf.tanh(tf.reduce_sum(x * w, axis=-1, keepdims=True) + b)
        return x + u * h, _log_det(h, m)

    def inverse_and_log_det(self, y, condition=None, **kwargs):
        u, w, b, m = self._of(y, condition)
        a = tf.reduce_sum(y * w, axis=-1, keepdims=True) + b

        def halve(i, low, high):
            middle = (low + high) / 2
            above = middle > tf.tanh(a - m * middle)
            low = tf.where(above, low, middle)
            return i + 1, low, tf.where(above, middle, high)

        # Neither end has a gradient.
        ends = -tf.ones_like(a), tf.ones_like(a)
        _, low, high = tf.while_loop(
            lambda i, *_: i < _HALVINGS, halve, (0, *ends)
        )
        h = tf.stop_gradient((low + high) / 2)
        right = tf.tanh(a - m * h)
        slope = tf.stop_gradient(1 + m * (1 - right * right))
        h -= (h - right) / slope
        return y - u * h, -_log_det(h, m)


def _log_det(h, m):
    return tf.math.log(1 + (1 - h * h) * m)[:, 0]


class Radial(Bijector):
    """`y = x + beta h (x - c),  h = 1 / (alpha + r),  r = |x - c|`.

    `log det = (D-1) log(1 + beta h) + log(1 + beta h - beta r h^2)`: eq. 14 of
    Rezende & Mohamed 2015 (arXiv:1505.05770), of vectors. It is invertible if
    alpha and gamma = alpha + beta are positive (appendix A.2). The inverse is
    the positive root of

        r^2 + (gamma - s) r - alpha s = 0,  s = |y - c|
    """

    def __init__(self, parameters: Callable, name: str = "radial"):
        """Args: `parameters`: condition -> c and two more, [B or 1, D + 2]."""
        self._numbers = parameters
        super().__init__(1, name)

    def _of(self, x, condition):
        sizes = [x.shape[-1], 1, 1]
        c, alpha, gamma = tf.split(self._numbers(condition), sizes, axis=-1)
        difference = x - c
        # The root has no gradient at 0.
        square = tf.reduce_sum(difference**2, axis=-1, keepdims=True) + 1e-24
        positive = softplus(alpha) + _MARGIN, softplus(gamma) + _MARGIN
        return c, difference, tf.sqrt(square), *positive

    def _log_det(self, x, r, alpha, gamma):
        log_factor = tf.math.log(gamma + r) - tf.math.log(alpha + r)
        log_slope = tf.math.log(r * (r + 2 * alpha) + gamma * alpha)
        log_slope -= 2 * tf.math.log(alpha + r)
        return ((x.shape[-1] - 1) * log_factor + log_slope)[:, 0]

    def forward_and_log_det(self, x, condition=None, **kwargs):
        c, difference, r, alpha, gamma = self._of(x, condition)
        y = c + difference * (gamma + r) / (alpha + r)
        return y, self._log_det(x, r, alpha, gamma)

    def inverse_and_log_det(self, y, condition=None, **kwargs):
        c, difference, s, alpha, gamma = self._of(y, condition)
        b = gamma - s
        root = tf.sqrt(b * b + 4 * alpha * s)
        # No difference of numbers of the same sign.
        larger = tf.abs(b) + root
        r = tf.where(b > 0, 2 * alpha * s / larger, larger / 2)
        x = c + difference * (alpha + r) / (gamma + r)
        return x, -self._log_det(y, r, alpha, gamma)

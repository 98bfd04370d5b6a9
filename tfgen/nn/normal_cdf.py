"""The normal distribution function, stable far out and on devices.

Devices have no error function. With y >= 0 and t = 2 / (2 + y),

    log Phi(-sqrt(2) y) = log(t / 2) - y^2 + log(e^(y^2) erfc(y) / t)

of which the last term is smooth in t: a polynomial of degree 12 finds it within
1e-8, one of degree 24 within 1e-13.
"""

import math

import numpy as np
import tensorflow as tf
from scipy import special

_DEGREE = {tf.float32: 12, tf.float64: 24}
_STEPS = {tf.float32: 3, tf.float64: 5}  # of Newton's method


def _polynomial(degree: int) -> list[float]:
    """In 2 t - 1, from -1 to 1; the highest power first."""

    def smooth(t):
        return np.log(special.erfcx(2 / t - 2) / t)

    chebyshev = np.polynomial.Chebyshev
    series = chebyshev.interpolate(smooth, degree, (np.finfo(float).tiny, 1))
    return np.polynomial.chebyshev.cheb2poly(series.coef)[::-1].tolist()


_POLYNOMIALS = {dtype: _polynomial(n) for dtype, n in _DEGREE.items()}


def log_cdfs(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns log Phi(x) and log Phi(-x), of float32 or float64 numbers."""
    # Not an absolute value: at 0 it has no gradient.
    y = tf.maximum(x, -x) / math.sqrt(2)
    t = 2 / (2 + y)
    u = 2 * t - 1
    smooth = tf.zeros_like(t)
    for c in _POLYNOMIALS[x.dtype]:
        smooth = smooth * u + c
    lower = tf.math.log(t / 2) - y * y + smooth
    upper = tf.math.log(1 - tf.exp(lower))
    left = x < 0
    return tf.where(left, lower, upper), tf.where(left, upper, lower)


def to_logistic(x: tf.Tensor) -> tf.Tensor:
    """Returns log Phi(x) - log Phi(-x): logistic of standard normal numbers.

    Args:
      x: float32 or float64, of any shape.
    """
    below, above = log_cdfs(x)
    return below - above


def from_logistic(z: tf.Tensor) -> tf.Tensor:
    """Returns the x that `to_logistic` maps to z, by Newton's method.

    For x >= 0 that function f is convex, and at least sqrt(8 / pi) x and
    x^2 / 2: steps from the smaller of these bounds on x go down to the root and
    never past it. Its slope, exp(log phi(x) - log Phi(x) - log Phi(-x)), is
    between max(x, sqrt(8 / pi)) and x + sqrt(8 / pi); these hold it where the
    logarithms are too large to be subtracted.

    Args:
      z: float32 or float64, of any shape.
    """
    z = tf.convert_to_tensor(z)
    size = tf.maximum(z, -z)
    least = math.sqrt(8 / math.pi)
    # The bounds meet near 5; a root of 0 would have no gradient.
    x = tf.where(size < 5, size / least, tf.sqrt(2 * tf.maximum(size, 5)))
    for _ in range(_STEPS[z.dtype]):
        below, above = log_cdfs(x)
        log_phi = -0.5 * (x * x + math.log(2 * math.pi))
        slope = tf.exp(tf.minimum(log_phi - below - above, 80))
        slope = tf.clip_by_value(slope, tf.maximum(x, least), x + least)
        x -= (below - above - size) / slope
    return tf.where(z < 0, -x, x)

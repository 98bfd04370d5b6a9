"""Gaussian distributions of independent numbers, each on its own.

A deviation is given by its logarithm, which is held between -7 and 7.
"""

import math

import tensorflow as tf

from tfgen.nn import normal_cdf

_LEAST = 2.0**-22  # share of a tail, which float32 tells from 0 and 1


class Gaussian:
    """What a network says of real numbers x: h is [..., 2], x is [...].

    It has the interface of the distributions of gray levels (`levels.py`).
    """

    parameters = 2

    def log_prob(self, x, h):
        """Returns the log-density of each number, in nats per unit of x."""
        mean, log_stddev = tf.unstack(h, axis=-1)
        return log_prob(x, mean, bounded(log_stddev))

    def mean(self, h):
        """Returns the mean, in the unit of x."""
        return h[..., 0]

    def quantile(self, u, h):
        """Returns x below which a share u lies, within 5 deviations."""
        mean, log_stddev = tf.unstack(h, axis=-1)
        u = tf.clip_by_value(u, _LEAST, 1 - _LEAST)
        z = normal_cdf.from_logistic(tf.math.log(u) - tf.math.log(1 - u))
        return draw(mean, bounded(log_stddev), z)


def bounded(log_stddev: tf.Tensor) -> tf.Tensor:
    """Returns logarithms of deviations from 0.0009 to 1097."""
    return tf.clip_by_value(log_stddev, -7.0, 7.0)


def draw(
    mean: tf.Tensor, log_stddev: tf.Tensor, epsilon: tf.Tensor
) -> tf.Tensor:
    """Returns mean + stddev * epsilon, of standard normal numbers epsilon."""
    return mean + tf.exp(log_stddev) * tf.cast(epsilon, mean.dtype)


def log_prob(x: tf.Tensor, mean: tf.Tensor, log_stddev: tf.Tensor) -> tf.Tensor:
    """Returns log N(x; mean, stddev^2) in nats per unit of x, elementwise."""
    scaled = (x - mean) * tf.exp(-log_stddev)
    return -0.5 * tf.square(scaled) - log_stddev - 0.5 * math.log(2 * math.pi)


def kl(mean: tf.Tensor, log_stddev: tf.Tensor) -> tf.Tensor:
    """Returns KL(N(mean, stddev^2) || N(0, 1)) in nats, elementwise.

    Kingma & Welling 2014, appendix B.
    """
    squares = tf.square(mean) + tf.exp(2 * log_stddev)
    return 0.5 * (squares - 1) - log_stddev

"""Gradient penalty of critics (Gulrajani et al. 2017, arXiv:1704.00028)."""

from collections.abc import Callable

import tensorflow as tf


def gradient_penalty(
    critic: Callable[[tf.Tensor], tf.Tensor],
    real: tf.Tensor,
    fake: tf.Tensor,
    share: tf.Tensor,
) -> tf.Tensor:
    """Returns `(|grad D(y)| - 1)^2` between data and samples, [B] (eq. 3).

    Args:
      critic: [B, ...] -> [B]; rows must not depend on one another (no batch
        normalization).
      real: data x, [B, ...].
      fake: samples, likewise.
      share: e in [0, 1], [B]; `y = e x + (1 - e) G(z)`.
    """
    e = tf.reshape(share, [-1] + [1] * (len(real.shape) - 1))
    between = e * real + (1 - e) * fake
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(between)
        value = critic(between)
    gradient = tape.gradient(value, between)
    squared = tf.reduce_sum(
        tf.square(gradient), axis=range(1, len(gradient.shape))
    )
    # The root's gradient at 0 is infinite.
    return tf.square(tf.sqrt(squared + 1e-12) - 1)

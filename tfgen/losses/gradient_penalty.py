"""Penalties on the gradient of discriminators and critics."""

from collections.abc import Callable

import tensorflow as tf

# [B, ...] -> [B]; rows must not depend on one another (no batch normalization).
Critic = Callable[[tf.Tensor], tf.Tensor]


def gradient_penalty(
    critic: Critic, real: tf.Tensor, fake: tf.Tensor, share: tf.Tensor
) -> tf.Tensor:
    """Returns `(|grad D(y)| - 1)^2` between data and samples, [B].

    Gulrajani et al. 2017 (arXiv:1704.00028), eq. 3.

    Args:
      critic: D.
      real: data x, [B, ...].
      fake: samples, likewise.
      share: e in [0, 1], [B]; `y = e x + (1 - e) G(z)`.
    """
    e = tf.reshape(share, [-1] + [1] * (len(real.shape) - 1))
    squared = squared_gradient(critic, e * real + (1 - e) * fake)
    # The root's gradient at 0 is infinite.
    return tf.square(tf.sqrt(squared + 1e-12) - 1)


def squared_gradient(critic: Critic, y: tf.Tensor) -> tf.Tensor:
    """Returns `|grad D(y)|^2`, [B].

    Of data, half of it is R1 (Mescheder et al. 2018, arXiv:1801.04406, eq. 9).

    Args:
      critic: D.
      y: where, [B, ...].
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(y)
        value = critic(y)
    gradient = tape.gradient(value, y)
    return tf.reduce_sum(
        tf.square(gradient), axis=range(1, len(gradient.shape))
    )

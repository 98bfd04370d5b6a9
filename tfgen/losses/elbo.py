"""Bounds of log p(x) in nats, of what an encoder and a decoder say.

Sums over dimensions, one number an example. B is the batch, K the draws of an
example, Z its latent dimensions.
"""

import math

import tensorflow as tf

from tfgen.replicas import mean_over_replicas


def importance_bound(log_w: tf.Tensor) -> tf.Tensor:
    """Returns `log (1/K) sum_k w_k`, [B]: at most log p(x), on average.

    Burda et al. 2016 (arXiv:1509.00519), section 3.

    Args:
      log_w: log p(x, z_k) - log q(z_k | x), [B, K].
    """
    return tf.reduce_logsumexp(log_w, axis=1) - math.log(log_w.shape[1])


def free_bits(kl: tf.Tensor, least: float) -> tf.Tensor:
    """Returns [B], whose mean is `sum_j max(least, mean of KL_j)`.

    Kingma et al. 2016 (arXiv:1606.04934): a dimension that costs less
    on average over the batch costs `least`, and has no gradient. The batch is
    that of all replicas. It is an objective, and no bound of log p(x).

    Args:
      kl: of each dimension, [B, Z], in nats.
      least: nats; with 0 it is the sum of the KL.
    """
    if not least:
        return tf.reduce_sum(kl, axis=1)
    mean = mean_over_replicas(tf.reduce_mean(kl, axis=0))
    least = tf.cast(least, kl.dtype)
    return tf.reduce_sum(tf.where(mean > least, kl, least), axis=1)


def warm_up(step: tf.Tensor, steps: int) -> tf.Tensor:
    """Returns what grows linearly from 0 to 1 and stays there, [B] float32.

    Args:
      step: [B], any number type.
      steps: after so many it is 1.
    """
    return tf.minimum(tf.cast(step, tf.float32) / steps, 1.0)

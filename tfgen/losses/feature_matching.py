"""Feature matching (Salimans et al. 2016, arXiv:1606.03498, section 3.1)."""

import tensorflow as tf

from tfgen.replicas import mean_over_replicas


def feature_matching(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """Returns `|E f(x) - E f(G(z))|^2`, a number: 0 if the means are equal.

    The means are those of the batch of all replicas.

    Args:
      real: a layer of the discriminator for data, [B, ...].
      fake: the same layer for samples.
    """
    means = (tf.reduce_mean(f, axis=0) for f in (real, fake))
    real, fake = map(mean_over_replicas, means)
    return tf.reduce_sum(tf.math.squared_difference(real, fake))

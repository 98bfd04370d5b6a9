"""Terms of a whole batch, which several replicas have parts of."""

import tensorflow as tf

from tfgen.replicas import mean_over_replicas


def covariance(rows: tf.Tensor) -> tf.Tensor:
    """Returns the covariance [Z, Z] of the rows [B, Z] of all replicas.

    It is divided by their number.
    """
    N = tf.cast(tf.shape(rows)[0], rows.dtype)
    # Two passes lose less precision than E[x x'] - E[x] E[x]'.
    centred = rows - mean_over_replicas(tf.reduce_mean(rows, axis=0))
    products = tf.matmul(centred, centred, transpose_a=True)
    return mean_over_replicas(products / N)


def feature_matching(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """Returns the mean squared difference of mean features, one number.

    Salimans et al. 2016, arXiv:1606.03498, section 3.1; means are of the batch
    on all replicas.

    Args:
      real: features of data, [B, H], of this replica.
      fake: features of samples, [B, H].
    """
    difference = tf.reduce_mean(real, axis=0) - tf.reduce_mean(fake, axis=0)
    return tf.reduce_mean(tf.square(mean_over_replicas(difference)))

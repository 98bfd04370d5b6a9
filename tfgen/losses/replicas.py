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

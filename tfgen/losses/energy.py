"""Losses of energy-based games (Zhao et al. 2017, arXiv:1609.03126)."""

import tensorflow as tf

from tfgen.replicas import gathered


def margin_loss(real: tf.Tensor, fake: tf.Tensor, margin) -> tf.Tensor:
    """Returns `D(x) + max(0, m - D(G(z)))`, [B] (eq. 1).

    Args:
      real: energies of data, [B].
      fake: energies of samples, [B].
      margin: m, positive.
    """
    return real + tf.nn.relu(margin - fake)


def decayed_margin(margin: float, steps: int, step: tf.Tensor) -> tf.Tensor:
    """Returns a margin that falls linearly to 0 (appendix D).

    Args:
      margin: m at step 0.
      steps: after so many it is 0.
      step: [B], any number type.

    Returns:
      [B] float32.
    """
    left = 1 - tf.cast(step, tf.float32) / steps
    return margin * tf.nn.relu(left)


def pulling_away(codes: tf.Tensor) -> tf.Tensor:
    """Returns the mean squared cosine between the codes of a batch (eq. 14).

    `1 / (N (N - 1)) sum_i sum_{j != i} (S_i^T S_j / (|S_i| |S_j|))^2`: 0 for
    orthogonal codes, 1 for parallel ones, whatever their lengths: from 1e-28 to
    1e28 in float32. N is the number of codes on all replicas; a single one has
    no others, and gives 0.

    A code of zeros has no direction. It counts as parallel to every other one,
    for codes that are all the same are what the term is against; its gradient
    is 0, for no direction leads away from the others.

    Args:
      codes: those on this replica, [N / replicas, ...]. Each is taken as a
        vector.
    """
    S = tf.reshape(codes, [tf.shape(codes)[0], -1])
    S = tf.math.l2_normalize(_rescaled(S), axis=1, epsilon=1e-30)
    S = gathered(S)
    squared = tf.square(tf.matmul(S, S, transpose_b=True))
    own = tf.linalg.diag_part(squared)  # 0 of zeros, else 1
    others = tf.reduce_sum(squared) - tf.reduce_sum(own)
    N = tf.cast(tf.shape(S)[0], S.dtype)
    directed = tf.math.count_nonzero(own, dtype=S.dtype)
    pairs = N * (N - 1)
    undirected = pairs - directed * (directed - 1)
    return (others + undirected) / tf.maximum(pairs, 1)


def _rescaled(S: tf.Tensor) -> tf.Tensor:
    """Rows [N, s] whose lengths have squares and cubes; ordinary ones as is.

    The cube is the gradient's. Factors are powers of 2, which round nothing.
    """
    largest = tf.reduce_max(tf.abs(S), axis=1, keepdims=True)
    factor = tf.where(
        largest > 2.0**32, 2.0**-64, tf.where(largest < 2.0**-32, 2.0**64, 1.0)
    )
    return S * tf.cast(factor, S.dtype)

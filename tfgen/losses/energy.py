"""Losses of energy-based games (Zhao et al. 2017, arXiv:1609.03126)."""

import tensorflow as tf


def margin_loss(real: tf.Tensor, fake: tf.Tensor, margin) -> tf.Tensor:
    """Returns `D(x) + max(0, m - D(G(z)))`, [B] (eq. 1).

    Args:
      real: energies of data, [B].
      fake: energies of samples, [B].
      margin: m, positive.
    """
    return real + tf.nn.relu(margin - fake)


def pulling_away(codes: tf.Tensor) -> tf.Tensor:
    """Returns the mean squared cosine between the codes of a batch (eq. 14).

    `1 / (N (N - 1)) sum_i sum_{j != i} (S_i^T S_j / (|S_i| |S_j|))^2`: 0 for
    orthogonal codes, 1 for parallel ones, whatever their lengths. N is the
    number of codes on this replica.

    Args:
      codes: S [N, ...], N at least 2; each is taken as a vector.
    """
    S = tf.reshape(codes, [tf.shape(codes)[0], -1])
    S = tf.math.l2_normalize(S, axis=1, epsilon=1e-12)
    squared = tf.square(tf.matmul(S, S, transpose_b=True))
    N = tf.cast(tf.shape(S)[0], S.dtype)
    others = tf.reduce_sum(squared) - tf.reduce_sum(
        tf.linalg.diag_part(squared)
    )
    return others / (N * (N - 1))

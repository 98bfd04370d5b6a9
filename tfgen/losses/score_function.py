"""Learning signals of draws that have no gradient, such as bits.

A score-function estimator is `signal * grad log q(z|x)`. The functions here
make losses with that gradient. B is the batch, K the draws of an example.
"""

import math

import tensorflow as tf

from tfgen.losses.elbo import importance_bound


def multi_sample_loss(
    log_w: tf.Tensor, log_q: tf.Tensor, signal: tf.Tensor
) -> tf.Tensor:
    """Returns -L_K of `importance_bound` in nats, [B], and its gradient.

    Mnih & Rezende 2016 (arXiv:1602.06725), eq. 5. For the means of its two
    sums, with w~ = w / sum_i w_i:

        grad L_K = sum_k signal_k grad log q(z_k|x) + sum_k w~_k grad log w_k

    Args:
      log_w: log p(x, z_k) - log q(z_k|x), [B, K].
      log_q: log q(z_k|x), [B, K].
      signal: of each draw, [B, K] or [B, 1]. It gets no gradient.
    """
    score = tf.reduce_sum(tf.stop_gradient(signal) * log_q, axis=1)
    # A zero, which has a gradient.
    score -= tf.stop_gradient(score)
    return -(importance_bound(log_w) + score)


def leave_one_out(log_w: tf.Tensor) -> tf.Tensor:
    """Returns each draw's own part in L_K, in nats, [B, K].

    Mnih & Rezende 2016, eqs. 9-10: L_K less what it would be if w_k were the
    geometric mean of the other weights, which does not depend on draw k.

    Args:
      log_w: [B, K], K at least 2.

    Raises:
      ValueError: K is 1.
    """
    K = log_w.shape[1]
    if K < 2:
        raise ValueError("log_w: one draw has no others to compare it with.")
    total = tf.reduce_sum(log_w, axis=1, keepdims=True)
    others = (total - log_w) / (K - 1)
    # [B, k, j]: what w_j is if w_k is replaced.
    own = tf.eye(K, dtype=tf.bool)
    replaced = tf.where(own, others[:, :, None], log_w[:, None, :])
    without = tf.reduce_logsumexp(replaced, axis=2) - math.log(K)
    return importance_bound(log_w)[:, None] - without

"""Functions of the logits of classes [B, C]."""

import tensorflow as tf

from tfgen.losses.adversarial import ADVERSARIAL


def cross_entropy(logits: tf.Tensor, label: tf.Tensor) -> tf.Tensor:
    """Returns `-log p(label)` [B], in nats."""
    return tf.nn.sparse_softmax_cross_entropy_with_logits(label, logits)


def most_probable(logits: tf.Tensor) -> dict[str, tf.Tensor]:
    """Returns `label` [B] int32 and `probabilities` [B, C]."""
    return {
        "label": tf.argmax(logits, axis=1, output_type=tf.int32),
        "probabilities": tf.nn.softmax(logits),
    }


def judged(logits: tf.Tensor, label: tf.Tensor) -> dict[str, tf.Tensor]:
    """Returns `error_rate`, 1 where the most probable is wrong, and
    `cross_entropy` in nats, [B].

    Args:
      logits: [B, C].
      label: [B] of whole numbers.
    """
    label = tf.cast(label, tf.int32)
    wrong = tf.argmax(logits, axis=1, output_type=tf.int32) != label
    return {
        "error_rate": tf.cast(wrong, logits.dtype),
        "cross_entropy": cross_entropy(logits, label),
    }


def unlabelled_loss(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """Returns `- 1/2 log D(x) - 1/2 log(1 - D(G(z)))`, [B].

    Of a class C + 1, "generated", with the logit 0 (Salimans et al. 2016,
    arXiv:1606.03498, section 5): D = Z / (Z + 1), the sigmoid of log Z, where Z
    is the sum of the other classes' exponentials.

    Args:
      real: logits of data, [B, C].
      fake: logits of samples, [B, C].
    """
    log_Z = (tf.reduce_logsumexp(logits, axis=1) for logits in (real, fake))
    return 0.5 * ADVERSARIAL["minimax"].discriminator(*log_Z)

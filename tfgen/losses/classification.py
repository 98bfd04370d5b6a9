"""Functions of the logits of classes [B, C]."""

import tensorflow as tf


def cross_entropy(logits: tf.Tensor, label: tf.Tensor) -> tf.Tensor:
    """Returns `-log p(label)` [B], in nats."""
    return tf.nn.sparse_softmax_cross_entropy_with_logits(label, logits)


def most_probable(logits: tf.Tensor) -> dict[str, tf.Tensor]:
    """Returns `label` [B] int32 and `probabilities` [B, C]."""
    return {
        "label": tf.argmax(logits, axis=1, output_type=tf.int32),
        "probabilities": tf.nn.softmax(logits),
    }

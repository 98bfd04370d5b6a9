"""Rows of a table, and the words of a batch."""

import tensorflow as tf


@tf.custom_gradient
def lookup(table: tf.Tensor, ids: tf.Tensor) -> tf.Tensor:
    """Returns the rows of `table` [V, D] at `ids` [...]: [..., D].

    As `tf.gather`, but with a dense gradient: tables that are trained are
    small, and sparse gradients are neither clipped nor reduced over replicas
    like others.
    """

    def gradient(dy):
        return tf.math.unsorted_segment_sum(dy, ids, tf.shape(table)[0]), None

    return tf.gather(table, ids), gradient


def distinct_words(
    ids: tf.Tensor, lite: bool = False
) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the distinct words of a batch and where they are.

    Args:
      ids: [B, T] int32.
      lite: every word counts as distinct: TFLite's `unique` wants a vector of
        known length.

    Returns:
      ids [V] and the place of each of the batch's words in them, [B, T].
    """
    flat = tf.reshape(ids, [-1])
    if lite:
        words, place = flat, tf.range(tf.size(flat))
    else:
        words, place = tf.unique(flat)
    return words, tf.reshape(place, tf.shape(ids))

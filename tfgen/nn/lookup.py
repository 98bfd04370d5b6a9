"""Rows of a table."""

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

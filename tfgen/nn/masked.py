"""Sums over the words of padded sentences."""

import tensorflow as tf


def masked_mean(x: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Returns the mean over words.

    Args:
      x: [B, T, D].
      mask: [B, T], 1 for words and 0 for padding.

    Returns:
      [B, D]; zero for a sentence without words.
    """
    mask = tf.expand_dims(tf.cast(mask, x.dtype), 2)
    return tf.math.divide_no_nan(
        tf.reduce_sum(x * mask, axis=1), tf.reduce_sum(mask, axis=1)
    )


def masked_softmax(scores: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Returns the softmax over words; padding gets exactly 0.

    Args:
      scores: [B, T].
      mask: [B, T], 1 for words and 0 for padding.

    Returns:
      [B, T]; zero for a sentence without words.
    """
    mask = tf.cast(mask, scores.dtype)
    # Padding gets the least score. Were it the maximum, words would underflow;
    # and arithmetic of 8 bits has no lower number.
    least = tf.reduce_min(scores, axis=1, keepdims=True)
    low = tf.where(mask > 0, scores, least)
    weights = tf.exp(low - tf.reduce_max(low, axis=1, keepdims=True)) * mask
    # The greatest weight is 1, if there is a word.
    total = tf.reduce_sum(weights, axis=1, keepdims=True)
    return weights / tf.maximum(total, 1)

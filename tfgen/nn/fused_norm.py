"""Batch normalization by one kernel, of which gradients need no other."""

import tensorflow as tf


def fits(x: tf.Tensor) -> bool:
    """Whether there is a kernel for x: images or maps, in float32."""
    return x.dtype == tf.float32 and x.shape.rank == 4


def normalized(
    x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor, epsilon: float
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Returns `scale (x - mean) / sqrt(variance + epsilon) + offset`.

    Args:
      x: [B, H, W, C] float32.
      scale: of each channel, [C].
      offset: likewise.
      epsilon: at least 1e-5.

    Returns:
      As x; mean and variance of this batch, [C], which have no gradient.
    """
    y, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=x, scale=scale, offset=offset, mean=[], variance=[], epsilon=epsilon
    )
    # The kernel's variance is that of n - 1.
    n = tf.cast(tf.size(x) // tf.size(mean), x.dtype)
    variance *= (n - 1) / n
    return y, tf.stop_gradient(mean), tf.stop_gradient(variance)

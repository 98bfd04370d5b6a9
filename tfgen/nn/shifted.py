"""Images moved by a few pixels, through which gradients go."""

import tensorflow as tf


def shifted(x: tf.Tensor, u: tf.Tensor, most: int) -> tf.Tensor:
    """Returns images, each moved down and across by whole pixels at random.

    What moves in is a copy of the edge. Where a discriminator sees data and
    samples so, it cannot learn few data by heart (Zhao et al. 2020,
    arXiv:2006.10738).

    Args:
      x: [B, H, W, C].
      u: [B, 2] uniform in [0, 1).
      most: pixels; all whole numbers from `-most` to `most` are equally likely.

    Returns:
      [B, H, W, C] of the type of `x`.
    """
    shift = tf.cast(tf.floor(u * (2 * most + 1)), tf.int32) - most

    def selection(axis):
        """[B, N, N], which row (or column) becomes which."""
        size = x.shape[axis]
        source = tf.range(size) - shift[:, axis - 1 : axis]
        return tf.one_hot(
            tf.clip_by_value(source, 0, size - 1), size, dtype=x.dtype
        )

    # Products of matrices, which XLA compiles well, where gathers are slow.
    x = tf.einsum("bij,bjwc->biwc", selection(1), x)
    return tf.einsum("bij,bhjc->bhic", selection(2), x)

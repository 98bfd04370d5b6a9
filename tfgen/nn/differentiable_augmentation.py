"""Differentiable augmentation (Zhao et al. 2020, arXiv:2006.10738).

The discriminator sees data and samples changed at random alike, and the
generator learns through the change: so few data cannot be learnt by heart, and
samples do not take on the change.
"""

from collections.abc import Collection

import tensorflow as tf

from tfgen.nn.shifted import shifted

NUMBERS = 7  # random, an image


def augmented(x: tf.Tensor, u: tf.Tensor, kinds: Collection[str]) -> tf.Tensor:
    """Returns images, each changed at random.

    Args:
      x: [B, H, W, C] in [-1, 1].
      u: [B, `NUMBERS`] uniform in [0, 1).
      kinds: of "color" (brightness, saturation, contrast), "translation" by at
        most an eighth of the side, "cutout" of a square of half the side.

    Returns:
      [B, H, W, C] of the type of `x`.
    """
    u = tf.cast(u, x.dtype)
    if "color" in kinds:
        x = _recolored(x, *tf.split(u[:, :3, None, None], 3, axis=1))
    if "translation" in kinds:
        x = shifted(x, u[:, 3:5], round(max(x.shape[1:3]) / 8))
    if "cutout" in kinds:
        x = _cut_out(x, u[:, 5:])
    return x


def _recolored(x, brightness, saturation, contrast):
    """Numbers are [B, 1, 1, 1]."""
    x += brightness - 0.5
    if x.shape[-1] > 1:
        gray = tf.reduce_mean(x, axis=3, keepdims=True)
        x = gray + 2 * saturation * (x - gray)
    mean = tf.reduce_mean(x, axis=[1, 2, 3], keepdims=True)
    return mean + (0.5 + contrast) * (x - mean)


def _cut_out(x, u):
    """Squares around any place, also at the edge, become 0."""

    def hidden(axis):
        """[B, N], which rows (or columns)."""
        size = x.shape[axis]
        center = tf.floor(u[:, axis - 1 : axis] * (size + 1))
        first = center - size // 4
        places = tf.range(size, dtype=x.dtype)
        return tf.cast(
            (places >= first) & (places < first + size // 2), x.dtype
        )

    rows, columns = hidden(1), hidden(2)
    return x * (1 - rows[:, :, None, None] * columns[:, None, :, None])

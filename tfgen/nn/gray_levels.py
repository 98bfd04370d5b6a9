"""Gray levels with noise, and to the range of tanh and back."""

import tensorflow as tf


def to_unit(x: tf.Tensor, levels: int) -> tf.Tensor:
    """Returns gray levels 0 … levels - 1 scaled to [-1, 1].

    Args:
      x: [B, ...].
      levels: how many; 0 leaves x as it is.
    """
    return x * (2 / (levels - 1)) - 1 if levels else x


def from_unit(y: tf.Tensor, levels: int) -> tf.Tensor:
    """Returns the inverse of `to_unit`."""
    return (y + 1) * ((levels - 1) / 2) if levels else y


def dequantize(x: tf.Tensor, levels: int, u: tf.Tensor) -> tf.Tensor:
    """Adds noise to gray levels: `x + u`, in [0, levels).

    Uria et al. 2013, arXiv:1306.0186, section 5.1.

    Args:
      x: whole numbers in [0, levels), float32.
      levels: number of gray levels, at most 2^16.
      u: the noise, uniform in [0, 1), same shape as `x`.

    Returns:
      float32 of the shape of `x`; `floor` gives `x` back.
    """
    # float32 holds 24 bits. x takes up to b = bit length of levels - 1 of them,
    # so u is cut to 24 - b bits after the point. Then x + u is exact: without
    # the cut, 16 + 0.9999999 would round up to 17.
    steps = 2.0 ** (24 - (levels - 1).bit_length())
    return x + tf.floor(u * steps) * (1 / steps)

"""Gray levels to the range of tanh and back."""

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

"""Pictures of other sides than the data's, for networks of convolutions."""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf


class Sides(NamedTuple):
    """Which heights and widths a network takes.

    Attributes:
      multiple: sides are multiples of it,
      least: and at least so many pixels, itself a multiple.
    """

    multiple: int
    least: int

    def __str__(self):
        if self.multiple == 1:
            return f"at least {self.least}"
        return f"multiples of {self.multiple}, at least {self.least}"


def check(x: tf.Tensor, sides: Sides, name: str) -> tf.Tensor:
    """Returns the pictures. On servers, other sides are an error.

    The converter of TFLite files leaves the assertion out.

    Args:
      x: [B, H, W, C].
      sides: see above.
      name: of x.
    """
    found = tf.shape(x)[1:3]
    # Not `tf.debugging`, whose branches the converter keeps.
    fits = tf.raw_ops.Assert(
        condition=tf.reduce_all(
            (found % sides.multiple == 0) & (found >= sides.least)
        ),
        data=[f"{name}: expected sides that are {sides}, got", found],
    )
    with tf.control_dependencies([fits]):
        return tf.identity(x)


def through(
    network: Callable[[tf.Tensor], tf.Tensor], x: tf.Tensor, sides: Sides
) -> tf.Tensor:
    """Returns what a network makes of pictures of any size, [B, H, W, C'].

    It sees them with mirror images below and beside them, up to the next sides
    that it takes.

    Args:
      network: [B, H', W', C] to [B, H', W', C'].
      x: [B, H, W, C].
      sides: what H' and W' may be.
    """
    height, width = tf.unstack(tf.shape(x)[1:3])
    for axis, size in (1, height), (2, width):
        wanted = -(-size // sides.multiple) * sides.multiple
        places = tf.range(tf.maximum(wanted, sides.least)) % (2 * size)
        places = tf.minimum(places, 2 * size - 1 - places)
        x = tf.gather(x, places, axis=axis)
    return network(x)[:, :height, :width]

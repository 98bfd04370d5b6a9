"""Johnson et al.'s residual generator (2016, arXiv:1603.08155).

As in Zhu et al. 2017, arXiv:1703.10593, section 7.2: a 7 x 7 convolution, some
of stride 2, residual blocks, as many that double, 7 x 7 again, and tanh.
Pictures are reflected at their edges, which zeros would darken.
"""

from collections.abc import Sequence
from typing import Literal

import keras
import tensorflow as tf

from tfgen.errors import UserError
from tfgen.nn.any_size import Sides
from tfgen.nn.conv import Conv2D, Conv2DTranspose
from tfgen.nn.doubling import Doubling2D
from tfgen.nn.exported import exporting
from tfgen.nn.instance_norm import InstanceNorm
from tfgen.nn.strided_conv import base_size, initializer

# How maps are doubled. A transposed convolution of 3 x 3 and stride 2 makes
# neighbours of one, two and four numbers: a checkerboard, unless it unlearns
# it. Pixels doubled first have none, at four times the products.
Doubling = Literal["transposed", "resize"]


class ReflectionPadding(keras.layers.Layer):
    """Pictures with mirror images around them; the edge is not repeated."""

    def __init__(self, width: int, **kwargs):
        """Makes the layer.

        Args:
          width: in pixels; less than the picture's.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.width = width

    def call(self, x):
        if not exporting():
            edge = (self.width, self.width)
            return keras.ops.pad(x, ((0, 0), edge, edge, (0, 0)), "reflect")
        # Line by line: of sides that nobody knows yet, TFLite is three times
        # as slow at its own operator.
        w = self.width
        for axis in (1, 2):
            before = [_line(x, i, axis) for i in range(w, 0, -1)]
            after = [_line(x, -1 - i, axis) for i in range(1, w + 1)]
            x = tf.concat([*before, x, *after], axis)
        return x


class ResidualBlock(keras.layers.Layer):
    """`x + f(x)`: f two 3 x 3 convolutions of as many maps."""

    def __init__(self, maps: int, **kwargs):
        """Makes the layer.

        Args:
          maps: of x.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.f = [
            ReflectionPadding(1),
            *_normalized(_conv(maps, 3)),
            ReflectionPadding(1),
            *_normalized(_conv(maps, 3))[:-1],
        ]

    def call(self, x):
        h = x
        for layer in self.f:
            h = layer(h)
        return x + h


def down(maps: Sequence[int]) -> list[keras.layers.Layer]:
    """Returns layers from pictures to maps.

    Args:
      maps: the first are as large as the picture, each later half as large.
    """
    stack = [ReflectionPadding(3), *_normalized(_conv(maps[0], 7))]
    for C in maps[1:]:
        stack += _normalized(_conv(C, 3, strides=2, padding="same"))
    return stack


def up(
    maps: Sequence[int], outputs: int, doubling: Doubling
) -> list[keras.layers.Layer]:
    """Returns layers from what `down` makes to pictures in (-1, 1).

    Args:
      maps: of `down`.
      outputs: colours.
      doubling: how maps are doubled.
    """
    stack = []
    for C in reversed(maps[:-1]):
        if doubling == "resize":
            stack += [Doubling2D(), ReflectionPadding(1)]
            stack += _normalized(_conv(C, 3))
        else:
            conv = _conv(C, 3, 2, Conv2DTranspose, padding="same")
            stack += _normalized(conv)
    last = _conv(outputs, 7, use_bias=True, activation="tanh")
    return [*stack, ReflectionPadding(3), last]


def residual_generator(
    shape: Sequence[int],
    maps: Sequence[int],
    blocks: int,
    outputs: int,
    doubling: Doubling = "transposed",
) -> keras.Sequential:
    """Returns a network from [B, *shape] to [B, H, W, outputs] in (-1, 1).

    Args:
      shape: (H, W, C).
      maps: see `down`.
      blocks: how many residual blocks.
      outputs: colours.
      doubling: see `up`.

    Raises:
      UserError: sides that cannot be halved so often, or are too small to be
        reflected.
    """
    check(shape, maps)
    return keras.Sequential(
        [
            keras.layers.Input((None, None, shape[-1])),
            *down(maps),
            *(ResidualBlock(maps[-1]) for _ in range(blocks)),
            *up(maps, outputs, doubling),
        ]
    )


def check(shape: Sequence[int], maps: Sequence[int]) -> None:
    """Raises `UserError` of pictures that the layers cannot take."""
    sides = base_size(shape, len(maps) - 1, "maps")
    if min(shape[:2]) < 4 or min(sides) < 2:
        raise UserError(
            f"network.maps: pictures of {shape[0]} x {shape[1]} are too small"
            f" for {len(maps)} widths; expected at least 4 pixels a side, and 2"
            " of the smallest maps."
        )


def sides(maps: Sequence[int]) -> Sides:
    """Returns which pictures the layers take; see `down`."""
    multiple = 2 ** (len(maps) - 1)
    return Sides(multiple, max(4, 2 * multiple))


def _line(x, i, axis):
    part = [slice(None)] * 4
    part[axis] = slice(i, i + 1)
    return x[tuple(part)]


def _conv(maps, kernel, strides=1, kind=Conv2D, **options):
    options = {"use_bias": False} | options
    return kind(
        maps, kernel, strides, kernel_initializer=initializer(), **options
    )


def _normalized(conv):
    return [conv, InstanceNorm(), keras.layers.ReLU()]

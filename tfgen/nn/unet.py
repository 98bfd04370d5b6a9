"""U-Net as a generator (Isola et al. 2017, arXiv:1611.07004, 6.1.1)."""

from collections.abc import Sequence

import keras

from tfgen.nn.any_size import Sides
from tfgen.nn.conv import Conv2D, Conv2DTranspose
from tfgen.nn.instance_norm import InstanceNorm
from tfgen.nn.strided_conv import base_size, initializer


def dropped(
    shape: Sequence[int], maps: Sequence[int], blocks: int
) -> list[tuple[int, ...]]:
    """Returns the shapes of what dropout sees of an example, (H, W, C) each.

    Args:
      shape: of a picture, (H, W, C).
      maps: see `unet`.
      blocks: of the decoder, from the smallest map on, that have dropout.
    """
    height, width = base_size(shape, len(maps), "maps")
    inner = list(reversed(maps[:-1]))[:blocks]
    return [(height << i, width << i, C) for i, C in enumerate(inner, start=1)]


def sides(shape: Sequence[int], maps: Sequence[int]) -> Sides:
    """Returns which pictures `unet` takes; see there.

    Its smallest map has more than one place in each of them, or in none: one
    place is not normalized.
    """
    multiple = 2 ** len(maps)
    one_place = base_size(shape, len(maps), "maps") == (1, 1)
    return Sides(multiple, multiple if one_place else 2 * multiple)


def unet(
    shape: Sequence[int], maps: Sequence[int], outputs: int, blocks: int = 3
) -> keras.Model:
    """Returns a network from [B, *shape] to [B, H, W, outputs] in (-1, 1).

    Convolutions of 4 x 4 and stride 2 halve the picture, transposed ones double
    it again; each map of the way up has that of the same size of the way down
    beside it. 4 is a multiple of 2, so that every pixel is made of as many
    numbers, and there is no checkerboard. Instance norm, but in the first and
    last layer and on maps of one place, which it would erase.

    After the picture it takes factors on what dropout sees, one [B, h, w, C]
    for each of its blocks: 0 or, of what is kept, 1 / (1 - rate); a 1, also of
    shape [1, 1, 1, C], is without dropout.

    Args:
      shape: (H, W, C); other multiples of 2 to the number of maps will do.
      maps: of the way down.
      outputs: colours.
      blocks: how many blocks have dropout, from the smallest map on.

    Raises:
      UserError: sides that cannot be halved so often.
    """
    layers = keras.layers
    x = h = layers.Input((None, None, shape[-1]))
    factors = [
        layers.Input((None, None, C)) for *_, C in dropped(shape, maps, blocks)
    ]
    # Of one place, which norm would erase.
    erased = (
        len(maps) - 1 if base_size(shape, len(maps), "maps") == (1, 1) else 0
    )
    skips = []
    for i, C in enumerate(maps):
        h = Conv2D(
            C,
            4,
            2,
            "same",
            use_bias=i == 0,
            kernel_initializer=initializer(),
        )(h)
        h = h if i in (0, erased) else InstanceNorm()(h)
        h = layers.LeakyReLU(0.2)(h)
        skips.append(h)
    h = skips.pop()
    for i, C in enumerate(reversed(maps[:-1])):
        h = Conv2DTranspose(
            C,
            4,
            2,
            "same",
            use_bias=False,
            kernel_initializer=initializer(),
        )(h)
        h = InstanceNorm()(h)
        if i < len(factors):
            h = layers.Multiply()([h, factors[i]])
        h = layers.Concatenate()([layers.ReLU()(h), skips.pop()])
    y = Conv2DTranspose(
        outputs,
        4,
        2,
        "same",
        activation="tanh",
        kernel_initializer=initializer(),
    )(h)
    return keras.Model([x, *factors], y)

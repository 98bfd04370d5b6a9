"""Networks of two stages (Zhang et al. 2017, arXiv:1612.03242, figure 2).

Maps are doubled by their nearest neighbours and a 3 x 3 convolution.
"""

from collections.abc import Sequence

import keras

from tfgen.nn.batch_norm import FusedBatchNorm
from tfgen.nn.doubling import Doubling2D
from tfgen.nn.logit import Logit
from tfgen.nn.strided_conv import base_size, initializer

_BASE = 4  # pixels a side at the start, and at the end of a discriminator


def _conv(maps: int, kernel: int = 3, stride: int = 1, **options):
    return keras.layers.Conv2D(
        maps,
        kernel,
        stride,
        "same",
        kernel_initializer=initializer(),
        **options,
    )


def _normalized(h, maps: int, kernel: int = 3, stride: int = 1):
    h = _conv(maps, kernel, stride, use_bias=False)(h)
    return FusedBatchNorm()(h)


def _doubled(h, maps: int):
    layers, h = keras.layers, Doubling2D()(h)
    # The converter of TFLite files loses the shape, if it is not said again.
    h = layers.Reshape(h.shape[1:])(h)
    return layers.ReLU()(_normalized(h, maps))


def _picture(h, colours: int) -> keras.KerasTensor:
    return _conv(colours, activation="tanh")(h)


def _beside(h, c):
    """Maps with the numbers c at each place."""
    layers, places = keras.layers, h.shape[1:3]
    planes = layers.RepeatVector(places[0] * places[1])(c)
    planes = layers.Reshape((*places, c.shape[-1]))(planes)
    return layers.Concatenate()([h, planes])


def halvings(shape: Sequence[int]) -> int:
    """Returns how often pictures are halved down to 4 pixels a side."""
    count = max(1, (min(shape[:2]) // _BASE).bit_length() - 1)
    base_size(shape, count, "ratio")
    return count


def augmentation(size: int, numbers: int) -> keras.Sequential:
    """Returns a network from phi [B, size] to mu and log sigma, [B, 2 numbers].

    Args:
      size: of what is known of the text.
      numbers: of c.
    """
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input((size,)),
            layers.Dense(2 * numbers),
            layers.LeakyReLU(0.2),
        ]
    )


def first_generator(
    inputs: int, shape: Sequence[int], width: int
) -> keras.Model:
    """Returns stage I's G_0: [B, inputs] to pictures [B, *shape] in (-1, 1).

    Args:
      inputs: numbers of c and z.
      shape: (H, W, C).
      width: maps of the largest size; they double downwards, to 8 times.
    """
    layers, n = keras.layers, halvings(shape)
    maps = [min(width << i, 8 * width) for i in reversed(range(n + 1))]
    base = base_size(shape, n, "ratio")
    x = layers.Input((inputs,))
    h = layers.Dense(
        base[0] * base[1] * maps[0],
        use_bias=False,
        kernel_initializer=initializer(),
    )(x)
    h = layers.ReLU()(FusedBatchNorm()(h))
    h = layers.Reshape((*base, maps[0]))(h)
    for C in maps[1:]:
        h = _doubled(h, C)
    return keras.Model(x, _picture(h, shape[-1]))


def second_generator(
    numbers: int,
    small: Sequence[int],
    shape: Sequence[int],
    width: int,
    blocks: int,
) -> keras.Model:
    """Returns stage II's G: pictures [B, *small] and c to [B, *shape].

    Args:
      numbers: of c.
      small: (H, W, C) of stage I.
      shape: (H, W, C).
      width: maps of the large picture's first layer.
      blocks: residual ones.
    """
    layers = keras.layers
    x, c = layers.Input(tuple(small)), layers.Input((numbers,))
    h = layers.ReLU()(_conv(width)(x))
    for i in (1, 2):
        h = layers.ReLU()(_normalized(h, width << i, 4, 2))
    h = layers.ReLU()(_normalized(_beside(h, c), 4 * width))
    for _ in range(blocks):
        f = layers.ReLU()(_normalized(h, 4 * width))
        h = layers.ReLU()(layers.Add()([h, _normalized(f, 4 * width)]))
    maps = 4 * width
    while h.shape[1] < shape[0]:
        maps = max(maps // 2, width)
        h = _doubled(h, maps)
    return keras.Model([x, c], _picture(h, shape[-1]))


def matching_discriminator(
    shape: Sequence[int], size: int, numbers: int, width: int
) -> keras.Model:
    """Returns D(I, phi): pictures [B, *shape] and phi [B, size] to logits [B].

    Args:
      shape: (H, W, C).
      size: of phi.
      numbers: that phi is compressed to.
      width: maps of the first layer; they double, to 8 times.
    """
    layers = keras.layers
    x, phi = layers.Input(tuple(shape)), layers.Input((size,))
    h = layers.LeakyReLU(0.2)(_conv(width, 4, 2)(x))
    for i in range(1, halvings(shape)):
        h = _normalized(h, min(width << i, 8 * width), 4, 2)
        h = layers.LeakyReLU(0.2)(h)
    compressed = layers.LeakyReLU(0.2)(layers.Dense(numbers)(phi))
    h = _beside(h, compressed)
    h = layers.LeakyReLU(0.2)(_normalized(h, h.shape[-1] - numbers, 1))
    logit = Logit(kernel_initializer=initializer())(h)
    return keras.Model([x, phi], logit)

"""Generators of large images, with noise at every layer."""

from collections.abc import Sequence

import keras

from tfgen.errors import UserError
from tfgen.nn.batch_norm import FusedBatchNorm
from tfgen.nn.conv import Conv2DTranspose
from tfgen.nn.strided_conv import Norm, base_size, initializer


def noise_plane_generator(
    latent: int,
    planes: Sequence[int],
    shape: Sequence[int],
    features: Sequence[int],
    kernel: int = 4,
    norm: Norm | None = FusedBatchNorm,
) -> keras.Model:
    """Returns a network from noise [B, Z] to [B, *shape] in [-1, 1].

    Zhao et al. 2017, arXiv:1609.03126, appendix C: `(1024)4c-(512)4c2s-…-(3)3c`
    with "noise #planes: 100-64-…". A dense layer makes a small image with
    `features[0]` maps out of `latent` numbers; transposed convolutions of
    stride 2 double it, each fed with the maps before and some planes of noise;
    a convolution of 3 x 3 makes the channels. `norm` is of maps, those of the
    dense layer, too. Z counts all noise: the latent numbers come first, then
    the planes, from the smallest image on.

    Args:
      latent: numbers for the first layer.
      planes: of noise for the layers after it, one entry each.
      shape: (H, W, C).
      features: numbers of maps, from the smallest image on.
      kernel: width of the filters of the transposed convolutions.
      norm: makes the layer after each hidden layer; None leaves it out.

    Raises:
      UserError: not as many planes as layers for them, or a shape that the
        layers cannot make.
    """
    if len(planes) != len(features) - 1:
        raise UserError(
            f"network.noise_planes={','.join(map(str, planes))}: expected"
            f" {len(features) - 1} numbers, one for each of network.generator"
            " after the first."
        )
    height, width = base_size(shape, len(planes), "generator")
    sizes = [latent]
    sizes += [n * height * width * 4**i for i, n in enumerate(planes)]
    layers = keras.layers

    def hidden(x):
        return layers.ReLU()(norm()(x) if norm else x)

    noise = keras.Input((sum(sizes),))
    first = layers.Dense(
        height * width * features[0],
        use_bias=not norm,
        kernel_initializer=initializer(),
    )
    image = layers.Reshape((height, width, features[0]))
    x = hidden(image(first(noise[:, :latent])))
    for i, (count, maps) in enumerate(zip(planes, features[1:])):
        start, side = sum(sizes[: i + 1]), 2**i
        part = noise[:, start : start + sizes[i + 1]]
        shaped = layers.Reshape((height * side, width * side, count))(part)
        up = Conv2DTranspose(
            maps,
            kernel,
            2,
            "same",
            use_bias=not norm,
            kernel_initializer=initializer(),
        )
        x = hidden(up(layers.Concatenate()([x, shaped])))
    last = layers.Conv2D(
        shape[-1],
        3,
        padding="same",
        activation="tanh",
        kernel_initializer=initializer(),
    )
    return keras.Model(noise, last(x))

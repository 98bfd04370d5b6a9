"""Networks of strided convolutions (Radford et al. 2016, arXiv:1511.06434)."""

from collections.abc import Callable, Sequence

import keras

from tfgen.errors import UserError
from tfgen.nn.batch_norm import FusedBatchNorm
from tfgen.nn.conv import Conv2DTranspose

Norm = Callable[[], keras.layers.Layer]


def initializer(scale: float = 1.0) -> keras.initializers.Initializer:
    """Returns a normal distribution of standard deviation 0.02, section 4.

    Each layer needs its own: an instance draws its seed when it is made, and
    would give layers of the same shape the same weights.

    Args:
      scale: factor on the deviation.
    """
    return keras.initializers.RandomNormal(stddev=0.02 * scale)


def base_size(shape: Sequence[int], doublings: int, setting: str) -> tuple:
    """Returns the height and width that so many doublings make an image's.

    Args:
      shape: (H, W, C).
      doublings: how many layers of stride 2.
      setting: name of the setting whose length that is, for the error.

    Raises:
      UserError: the shape is no image's, or cannot be halved so often.
    """
    if len(shape) != 3:
        raise UserError(
            "data: convolutions need images, not examples of shape"
            f" {tuple(shape)}."
        )
    factor = 2**doublings
    height, width, _ = shape
    if height % factor or width % factor:
        raise UserError(
            f"network.{setting}: {doublings} layers of stride 2 need"
            f" sides divisible by {factor}, not {height} x {width}; name fewer"
            " or more widths."
        )
    return height // factor, width // factor


def conv_generator(
    latent: int,
    shape: Sequence[int],
    features: Sequence[int],
    kernel: int = 5,
    norm: Norm | None = FusedBatchNorm,
    output: str | None = "tanh",
) -> keras.Sequential:
    """Returns a network from [B, latent] to [B, *shape].

    A dense layer makes a small image with `features[0]` maps; transposed
    convolutions of stride 2 double it up to the last, which makes the channels.

    Args:
      latent: Z.
      shape: (H, W, C).
      features: numbers of maps, from the smallest image on.
      kernel: width of the filters.
      norm: makes the layer after each hidden layer; None leaves it out.
      output: activation of the last layer.
    """
    layers = keras.layers
    base = base_size(shape, len(features), "generator")

    def hidden(layer):
        return [layer, *([norm()] if norm else []), layers.ReLU()]

    first = layers.Dense(
        base[0] * base[1] * features[0],
        use_bias=not norm,
        kernel_initializer=initializer(),
    )
    stack = [layers.Input((latent,)), *hidden(first)]
    stack.insert(2, layers.Reshape((*base, features[0])))
    for width in features[1:]:
        stack += hidden(
            Conv2DTranspose(
                width,
                kernel,
                2,
                "same",
                use_bias=not norm,
                kernel_initializer=initializer(),
            )
        )
    stack.append(
        Conv2DTranspose(
            shape[-1],
            kernel,
            2,
            "same",
            activation=output,
            kernel_initializer=initializer(),
        )
    )
    return keras.Sequential(stack)


def conv_stack(
    shape: Sequence[int],
    features: Sequence[int],
    kernel: int = 5,
    norm: Norm | None = FusedBatchNorm,
    setting: str = "discriminator",
) -> list[keras.layers.Layer]:
    """Returns layers that halve an image with every entry of `features`.

    Each is followed by `norm`, but for the first ("directly applying batchnorm
    to all layers, however, resulted in sample oscillation"), and a leaky
    rectifier of slope 0.2.

    Args:
      shape: (H, W, C), for errors alone.
      features: numbers of maps.
      kernel: width of the filters.
      norm: makes the layer after each convolution; None leaves it out.
      setting: name of the setting that `features` is, for errors.
    """
    layers = keras.layers
    base_size(shape, len(features), setting)
    stack = []
    for i, width in enumerate(features):
        with_norm = bool(norm) and i > 0
        stack.append(
            layers.Conv2D(
                width,
                kernel,
                2,
                "same",
                use_bias=not with_norm,
                kernel_initializer=initializer(),
            )
        )
        stack += [norm()] if with_norm else []
        stack.append(layers.LeakyReLU(0.2))
    return stack


def conv_decoder(
    shape: Sequence[int],
    features: Sequence[int],
    kernel: int = 4,
    norm: Norm | None = FusedBatchNorm,
) -> keras.Sequential:
    """Returns a network that doubles maps with every entry of `features`.

    `norm` and a rectifier follow each transposed convolution but the last.

    Args:
      shape: of the maps, (H, W, N).
      features: numbers of maps; the last are the channels.
      kernel: width of the filters.
      norm: makes the layer after each hidden layer; None leaves it out.
    """
    layers = keras.layers
    decoder = keras.Sequential([layers.Input(shape)])
    for width in features[:-1]:
        decoder.add(
            Conv2DTranspose(width, kernel, 2, "same", use_bias=not norm)
        )
        if norm:
            decoder.add(norm())
        decoder.add(layers.ReLU())
    decoder.add(Conv2DTranspose(features[-1], kernel, 2, "same"))
    return decoder

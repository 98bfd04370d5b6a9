"""A discriminator of images together with their latents, [x, z] -> logits.

Donahue et al. 2017, arXiv:1605.09782, appendix C.2.
"""

from collections.abc import Sequence

import keras

from tfgen.errors import UserError
from tfgen.nn.batch_norm import FusedBatchNorm
from tfgen.nn.logit import Logit
from tfgen.nn.strided_conv import Norm, base_size, initializer


def joint_conv_discriminator(
    shape: Sequence[int],
    latent: int,
    features: Sequence[int],
    kernel: int = 5,
    norm: Norm | None = FusedBatchNorm,
) -> keras.Model:
    """Returns a convolutional network of [x, z] to logits [B].

    The network of `conv_stack`, and a linear function of z is added to each
    place of every convolution's output but the first's, before normalization,
    as in the authors' code.

    Args:
      shape: (H, W, C) of x.
      latent: Z.
      features: numbers of maps; each halves the image. At least two.
      kernel: width of the filters.
      norm: makes the layer after each sum; None leaves it out.

    Raises:
      UserError: the image cannot be halved so often, or no layer would see z.
    """
    layers = keras.layers
    base_size(shape, len(features), "discriminator")
    if len(features) < 2:
        raise UserError(
            f"network.discriminator={tuple(features)}: expected at"
            " least two widths; the latent enters after the first."
        )
    # A filter sums kernel^2 places, z is one: "25 times the standard
    # initialization" for 5 x 5.
    x, z = layers.Input(shape), layers.Input((latent,))
    h = x
    for i, width in enumerate(features):
        h = layers.Conv2D(
            width,
            kernel,
            2,
            "same",
            use_bias=i == 0 or not norm,
            kernel_initializer=initializer(),
        )(h)
        if i > 0:
            of_z = layers.Dense(
                width, use_bias=False, kernel_initializer=initializer(kernel**2)
            )(z)
            h = layers.Add()([h, layers.Reshape((1, 1, width))(of_z)])
            h = norm()(h) if norm else h
        h = layers.LeakyReLU(0.2)(h)
    logit = Logit(kernel_initializer=initializer())
    return keras.Model([x, z], logit(h))

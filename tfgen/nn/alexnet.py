"""The convolutions of AlexNet, as BiGAN's encoder has them."""

import keras

from tfgen.nn.batch_norm import FusedBatchNorm
from tfgen.nn.strided_conv import Norm, initializer

# Krizhevsky et al. 2012: maps, kernel, stride, groups of conv1 to conv5. Groups
# are the two paths of the paper's two GPUs.
_CONVOLUTIONS = (
    (96, 11, 4, 1),
    (256, 5, 1, 2),
    (384, 3, 1, 1),
    (384, 3, 1, 2),
    (256, 3, 1, 2),
)


def alexnet_stack(
    norm: Norm | None = FusedBatchNorm,
) -> list[keras.layers.Layer]:
    """Returns AlexNet up to conv5, for images of any size.

    Donahue et al. 2017, arXiv:1605.09782, appendix C.2: no local response
    normalization; batch normalization and a leaky rectifier of slope 0.2 after
    each convolution. Pooling is padded, as in the authors' code, so that 64 x
    64 pixels leave 4 x 4 places.

    Args:
      norm: makes the layer after each convolution; None leaves it out.
    """
    layers, stack = keras.layers, []
    for i, (width, kernel, stride, groups) in enumerate(_CONVOLUTIONS):
        stack += [
            layers.Conv2D(
                width,
                kernel,
                stride,
                "same",
                groups=groups,
                use_bias=not norm,
                kernel_initializer=initializer(),
            ),
            *([norm()] if norm else []),
            layers.LeakyReLU(0.2),
        ]
        if i < 2:
            stack.append(layers.MaxPooling2D(3, 2, "same"))
    return stack

"""Dense layers with rectifiers, as generators and autoencoders have them."""

from collections.abc import Sequence

import keras

from tfgen.nn.batch_norm import BatchNorm


def dense_stack(
    widths: Sequence[int],
    batch_norm: bool = True,
    first_norm: bool = True,
    dropout: float = 0.0,
) -> list[keras.layers.Layer]:
    """Returns layers from [B, N] to [B, widths[-1]].

    Where signals are normalized, weights start from N(0, 0.02^2) (Radford et
    al. 2016); elsewhere signals would shrink from layer to layer, and weights
    start as large as He et al. 2015, arXiv:1502.01852, say.

    Args:
      widths: units of the layers, each followed by a rectifier.
      batch_norm: normalize before the rectifiers.
      first_norm: also after the first layer.
      dropout: after each rectifier.
    """
    layers = keras.layers
    stack = []
    for i, width in enumerate(widths):
        norm = batch_norm and (i > 0 or first_norm)
        initializer = (
            keras.initializers.RandomNormal(stddev=0.02)
            if batch_norm
            else keras.initializers.HeNormal()
        )
        stack.append(
            layers.Dense(
                width, use_bias=not norm, kernel_initializer=initializer
            )
        )
        stack += [BatchNorm()] if norm else []
        stack.append(layers.ReLU())
        stack += [layers.Dropout(dropout)] if dropout else []
    return stack

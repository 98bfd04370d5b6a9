"""Dense layers with rectifiers, as generators and autoencoders have them."""

from collections.abc import Sequence

import keras


def dense_stack(
    widths: Sequence[int],
    batch_norm: bool = True,
    first_norm: bool = True,
    dropout: float = 0.0,
    stddev: float = 0.02,
) -> list[keras.layers.Layer]:
    """Returns layers from [B, N] to [B, widths[-1]].

    Args:
      widths: units of the layers, each followed by a rectifier.
      batch_norm: normalize before the rectifiers.
      first_norm: also after the first layer.
      dropout: after each rectifier.
      stddev: of the normal distribution that weights start from.
    """
    layers = keras.layers
    stack = []
    for i, width in enumerate(widths):
        norm = batch_norm and (i > 0 or first_norm)
        initializer = keras.initializers.RandomNormal(stddev=stddev)
        stack.append(
            layers.Dense(
                width, use_bias=not norm, kernel_initializer=initializer
            )
        )
        stack += [layers.BatchNormalization()] if norm else []
        stack.append(layers.ReLU())
        stack += [layers.Dropout(dropout)] if dropout else []
    return stack

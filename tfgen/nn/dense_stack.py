"""Dense layers with rectifiers, as generators and autoencoders have them."""

import functools
import math
from collections.abc import Callable, Sequence

import keras

from tfgen.nn.batch_norm import FusedBatchNorm
from tfgen.nn.logit import Logit


def dense_stack(
    widths: Sequence[int],
    batch_norm: bool = True,
    first_norm: bool = True,
    dropout: float = 0.0,
    slope: float = 0.0,
    initializer: Callable[[], keras.initializers.Initializer] | None = None,
) -> list[keras.layers.Layer]:
    """Returns layers from [B, N] to [B, widths[-1]].

    Where signals are normalized, weights start from N(0, 0.02^2) (Radford et
    al. 2016). Elsewhere signals would shrink from layer to layer, and weights
    start as in He et al. 2015, arXiv:1502.01852. `initializer` replaces both.

    Args:
      widths: units of the layers, each followed by a rectifier.
      batch_norm: normalize before the rectifiers.
      first_norm: also after the first layer.
      dropout: after each rectifier.
      slope: of the rectifiers, below 0.
      initializer: makes the initial weights of a layer.
    """
    layers = keras.layers
    normal = functools.partial(keras.initializers.RandomNormal, stddev=0.02)
    if initializer is None:
        initializer = normal if batch_norm else keras.initializers.HeNormal
    stack = []
    for i, width in enumerate(widths):
        norm = batch_norm and (i > 0 or first_norm)
        stack.append(
            layers.Dense(
                width, use_bias=not norm, kernel_initializer=initializer()
            )
        )
        stack += [FusedBatchNorm()] if norm else []
        stack.append(layers.LeakyReLU(slope) if slope else layers.ReLU())
        stack += [layers.Dropout(dropout)] if dropout else []
    return stack


def dense_generator(
    latent: int,
    shape: Sequence[int],
    hidden: Sequence[keras.layers.Layer],
    output: str | None,
) -> keras.Sequential:
    """Returns a network from [B, latent] to [B, *shape].

    Args:
      latent: Z.
      shape: of one example.
      hidden: its layers before the last.
      output: activation of the last layer.
    """
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input((latent,)),
            *hidden,
            layers.Dense(math.prod(shape), output),
            layers.Reshape(shape),
        ]
    )


def dense_discriminator(inputs: int, hidden: Sequence[int]) -> keras.Sequential:
    """Returns a network of leaky rectifiers, from [B, inputs] to logits [B].

    Args:
      inputs: width of what it sees.
      hidden: units of its layers.
    """
    stack = dense_stack(hidden, batch_norm=False, slope=0.2)
    return keras.Sequential([keras.layers.Input((inputs,)), *stack, Logit()])

"""Generator, and discriminator with the head Q, of an InfoGAN.

Chen et al. 2016, arXiv:1606.03657, appendix C.1: two convolutions and a dense
layer; G mirrors D's body, and Q is a dense layer more.
"""

import dataclasses

import keras

from tfgen.bounds import Count, Sizes
from tfgen.models.conditional_game import exactly, with_head
from tfgen.nn import (
    FusedBatchNorm,
    Logit,
    conv_generator,
    conv_stack,
    dense_generator,
    dense_stack,
)

# B batch, Z numbers of all latents, P parameters of all codes.


@dataclasses.dataclass(frozen=True)
class NetworkConfig:
    """Settings; the defaults are those of MNIST."""

    maps: Sizes = (64, 128)  # of D's convolutions of stride 2; G mirrors them
    kernel: Count = 4
    hidden: Sizes = (1024,)  # units of D's layers after them; likewise
    head: Sizes = (128,)  # units of Q's own layers
    batch_norm: bool = True


def generator(
    config: NetworkConfig, Z: int, shape: tuple[int, ...], output: str | None
) -> keras.Sequential:
    """Returns a network from [B, Z] to examples.

    Args:
      config: settings.
      Z: numbers of all latents.
      shape: of one example.
      output: activation of the last layer.
    """
    hidden = dense_stack(config.hidden[::-1], config.batch_norm)
    if not config.maps:
        return dense_generator(Z, shape, hidden, output)
    images = conv_generator(
        config.hidden[0] if hidden else Z,
        shape,
        config.maps[::-1],
        config.kernel,
        FusedBatchNorm if config.batch_norm else None,
        output,
    )
    return keras.Sequential([keras.layers.Input((Z,)), *hidden, images])


def discriminator(
    config: NetworkConfig, shape: tuple[int, ...], P: int, share: float
) -> keras.Model:
    """Returns a network of examples to logits [B], and to Q's output [B, P].

    Args:
      config: settings.
      shape: of one example.
      P: parameters of all codes.
      share: of the gradient of Q's output that D's body gets.
    """
    norm = FusedBatchNorm if config.batch_norm else None
    maps = config.maps and conv_stack(shape, config.maps, config.kernel, norm)
    units = dense_stack(config.hidden, config.batch_norm, bool(maps), slope=0.2)
    x = h = keras.layers.Input(shape)
    for layer in [*maps, keras.layers.Flatten(), *units]:
        h = layer(h)
    head = dense_stack(config.head, config.batch_norm, slope=0.2)
    head.append(exactly(keras.layers.Dense, P))
    if share < 1:
        head.insert(0, _PartOfGradient(share))
    return with_head(x, h, Logit(), head)


class _PartOfGradient(keras.layers.Layer):
    """Gives what it gets; a share of the gradient goes back."""

    def __init__(self, share):
        super().__init__()
        self.share = share

    def call(self, h):
        rest = keras.ops.stop_gradient(h)
        return self.share * h + (1 - self.share) * rest

"""Generator, encoder and discriminator of a BiGAN and of its baselines.

Donahue et al. 2017, arXiv:1605.09782, appendix C. G makes x of z, E codes of x;
D judges both together, or x alone.

What the paper leaves open is as in the authors' code: z enters D, and G, by
linear maps of its own to all hidden layers but the first. The convolutional G
is DCGAN's, as C.2 says, without such maps; the authors' has them, and
normalizes the units of its first layer, not its maps.

What deviates, and why:
- Batch normalization's epsilon is Keras's 1e-3; the authors' is 1e-8. At the
  start that makes G's first layer .93 as large on MNIST and .85 on the digits.
- G's first layer is normalized, too, as in the authors' code; the paper says
  the second alone. On 8,000 MNIST digits 1.1 % more neighbours agree, and D
  gets less far ahead in the beginning.
- A regressor's E starts with an output layer as all others; the authors' is 0.
- E of C.2 is normalized after its first convolution too, as the paper says, and
  not as in the authors' code.
- Perceptrons have biases where no normalization follows, and make images in
  [-1, 1] by tanh, as in C.2; those of the authors have neither, but [0, 1].
- Moving averages of batch normalization are those of about ten steps. The
  authors take the means of 1,000 batches, as `tfgen/measures/features.py` does;
  the Frechet distance of samples is the same (2.52 instead of 2.55).
"""

import dataclasses
import functools

import keras
import tensorflow as tf

from tfgen.bounds import Count, CountOrNone, Sizes, Widths
from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.nn import (
    FusedBatchNorm,
    Logit,
    alexnet_stack,
    conv_generator,
    conv_stack,
    initializer,
    joint_conv_discriminator,
)

# Statistics of about the last ten steps. E moves so fast that those of a
# hundred, Keras's default, doubled the error of G(E(x)) on the digits.
_norm = functools.partial(FusedBatchNorm, momentum=0.9)

Networks = tuple[keras.Model, keras.Model, keras.Model]


@dataclasses.dataclass(frozen=True)
class NetworkConfig:
    """Settings; the defaults are those of appendix C.1."""

    latent: Count = 50  # Z
    convolutional: bool = False  # C.2; else the perceptrons of C.1
    units: Count = 1024  # C.1: of each of the two hidden layers
    batch_norm: bool = True  # C.1: without parameters, in the second layer
    discriminator_norm: bool = True  # D's; False for few images, or `shift`
    shift: CountOrNone = 0  # pixels, at most, that D sees x and G(z) moved by
    generator: Widths = (1024, 512, 256, 128)  # C.2: DCGAN's maps
    discriminator: Widths = (128, 256, 512, 1024)
    encoder: Sizes = ()  # C.2: AlexNet, unless maps are named
    kernel: Count = 5  # C.2
    generator_size: int = 0  # pixels a side of G(z), section 3.5; 0: as of x


def made_shape(
    config: NetworkConfig, shape: tuple[int, ...]
) -> tuple[int, ...]:
    """Returns the shape of G(z), whose images may be smaller (section 3.5).

    Args:
      config: the model's settings.
      shape: of x.

    Raises:
      UserError: perceptrons, or images that would be larger; shifts of vectors.
    """
    if config.shift and len(shape) != 3:
        raise UserError(
            f"network.shift={config.shift}: expected images, not examples of"
            f" shape {shape}; leave it out."
        )
    size = config.generator_size
    if not size:
        return shape
    if not (config.convolutional and 0 < size <= min(shape[:2])):
        raise UserError(
            f"network.generator_size={size}: expected a convolutional"
            " model and at most as many pixels a side as the data have,"
            f" {shape}."
        )
    return size, size, shape[-1]


def as_made(x: tf.Tensor, shape: tuple[int, ...]) -> tf.Tensor:
    """Returns x in the size of G(z), section 3.5."""
    if x.shape[1:] == shape:
        return x
    small = tf.image.resize(x, shape[:2], antialias=True)
    return tf.cast(small, x.dtype)


def perceptrons(
    config: NetworkConfig,
    spec: DataSpec,
    made: tuple[int, ...],
    codes: int,
    joint: bool,
) -> Networks:
    """Returns G, E and D of two hidden layers each, appendix C.1.

    Args:
      config: the model's settings.
      spec: shape and gray levels of the data.
      made: as `spec.shape`.
      codes: how many numbers E makes.
      joint: D sees x and z.
    """
    del made
    layers = keras.layers

    def dense(units, **options):
        return layers.Dense(units, kernel_initializer=initializer(), **options)

    def hidden(slope, normed):
        stack = []
        for norm in normed:
            stack += [
                dense(config.units, use_bias=not norm),
                *([_norm(center=False, scale=False)] if norm else []),
                layers.ReLU(negative_slope=slope),
            ]
        return stack

    def with_latent(h, z, stack):
        """Its second dense layer also sees z, by weights of its own."""
        for i, layer in enumerate(stack):
            h = layer(h)
            if i and isinstance(layer, layers.Dense):
                of_z = dense(config.units, use_bias=False)
                h = layers.Add()([h, of_z(z)])
        return h

    x, z = layers.Input(spec.shape), layers.Input((config.latent,))
    flat = layers.Flatten()
    tanh = "tanh" if spec.levels else None
    normed = config.batch_norm
    of_D = (False, normed and config.discriminator_norm)
    h = with_latent(z, z, hidden(0.0, (normed, normed)))
    made = dense(spec.size, activation=tanh)(h)
    generator = keras.Model(z, layers.Reshape(spec.shape)(made))
    encoder = keras.Sequential(
        [x, flat, *hidden(0.2, (False, normed)), dense(codes)]
    )
    if joint:
        logit = Logit(kernel_initializer=initializer())
        judged = logit(with_latent(layers.Flatten()(x), z, hidden(0.2, of_D)))
        discriminator = keras.Model([x, z], judged)
    else:
        discriminator = _discriminator(
            spec.shape, [layers.Flatten(), *hidden(0.2, of_D)]
        )
    return generator, encoder, discriminator


def convolutions(
    config: NetworkConfig,
    spec: DataSpec,
    made: tuple[int, ...],
    codes: int,
    joint: bool,
) -> Networks:
    """Returns G, E and D of appendix C.2: AlexNet, and DCGAN's networks.

    Args:
      config: the model's settings.
      spec: its shape, (H, W, C), is that of the x that E sees.
      made: shape of the x that G makes and D sees.
      codes: how many numbers E makes.
      joint: D sees x and z.

    Raises:
      UserError: as `perceptrons`; or images that cannot be halved so often.
    """
    layers, kernel = keras.layers, config.kernel
    norm = _norm if config.batch_norm else None
    of_D = norm if config.discriminator_norm else None

    def features(shape, norm):
        if config.encoder:
            return conv_stack(shape, config.encoder, kernel, norm, "encoder")
        return alexnet_stack(norm)

    G = conv_generator(config.latent, made, config.generator, kernel, norm)
    E = keras.Sequential(
        [
            layers.Input(spec.shape),
            *features(spec.shape, norm),
            layers.Flatten(),
            layers.Dense(codes, kernel_initializer=initializer()),
        ]
    )
    if joint:
        D = joint_conv_discriminator(
            made, config.latent, config.discriminator, kernel, of_D
        )
    else:
        # "For fair comparison of the discriminator's feature learning
        # abilities", the baseline D is as E.
        D = _discriminator(made, features(made, of_D))
    return G, E, D


def last_hidden(
    network: keras.Model, x: tf.Tensor, training: bool
) -> tf.Tensor:
    """Returns what the last layer of E, or of D of x alone, gets."""
    for layer in network.layers[:-1]:
        x = layer(x, training=training)
    return x


def _discriminator(shape, hidden):
    """D of x alone."""
    logit = Logit(kernel_initializer=initializer())
    return keras.Sequential([keras.layers.Input(shape), *hidden, logit])

"""Adversarial autoencoder.

Alireza Makhzani, Jonathon Shlens, Navdeep Jaitly, Ian Goodfellow, Brendan Frey:
Adversarial Autoencoders. 2015. arXiv:1511.05644.

The codes of all x together, q(z) = E_x q(z|x), get the shape of a prior p(z),
not by a KL but by a game (section 2). In each step, one after the other:

    encoder, decoder   min  |x - g(e(x))|^2                   reconstruction
    discriminator      max  E_p(z) log D(z) + E_x log(1 - D(e(x)))
    generator          max  E_x log D(e(x)), of the encoder   regularization

`categories` adds a second code y, a softmax whose discriminator sees one-hot
draws: z keeps the style, y is a cluster (section 6) or, where `supervised`, the
label, whose cross-entropy the encoder learns of few examples (section 5).

What deviates, and why:
- The encoder is deterministic, the first of the paper's three choices.
- Adam instead of SGD, and leaky rectifiers in D, with which a few thousand
  steps are enough.
"""

import dataclasses

import tensorflow as tf

from tfgen.bounds import Count, CountOrNone, Sizes
from tfgen.config import TINY_TRAIN, DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig, SemiSupervisedDataConfig
from tfgen.model import Model
from tfgen.models import adversarial_codes, by_size
from tfgen.models.settings import training
from tfgen.nn import dense_generator, dense_stack

PAPER = "Makhzani et al. 2015, arXiv:1511.05644"

# B batch, Z latent dimensions, K categories.


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of multilayer perceptrons."""

    latent: Count = 8  # Z, normal
    hidden: Sizes = (1000, 1000)  # of the encoder; the decoder mirrors them
    discriminator: Sizes = (1000, 1000)  # of each code
    categories: CountOrNone = 0  # K of the one-hot code y; 0: none
    supervised: bool = False  # y is the label, K the number of classes
    normalize: bool = False  # logits of y, over the batch
    # Of reconstruction and labels; and of the game.
    optimizer: OptimizerConfig = adversarial_codes.ADAM
    game_optimizer: OptimizerConfig = adversarial_codes.SLOWER


class AAE(adversarial_codes.AdversarialCodes, Model):
    """An adversarial autoencoder for images [B, H, W, C] or vectors [B, D]."""

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        mirrored = dense_stack(config.hidden[::-1], batch_norm=False)
        tanh = "tanh" if spec.levels else None
        self.decoder = dense_generator(
            self.latent_size, spec.shape, mirrored, tanh
        )
        self.discriminators = adversarial_codes.discriminators(self)

    def distortion(self, batch, codes, training=False):
        """Returns |x - g(e(x))|^2 in units of [-1, 1], [B]."""
        x = self.to_unit(batch["x"])
        again = self.decoder(tf.concat(codes, axis=1), training=training)
        error = tf.square(x - tf.cast(again, x.dtype))
        return tf.reduce_sum(error, range(1, x.shape.rank))

    def per_example_metrics(self, batch):
        """Returns errors of classes, if there are labels, and of x, [B]."""
        codes, _ = self._codes(batch["x"])
        error = self.distortion(batch, codes) / self.spec.size
        return {**self.error_rate(batch), "reconstruction_l2": error}

    def decode(self, *codes):
        """Returns x of z [B, Z], and y [B, K] where there is one."""
        return self.from_unit(self.decoder(tf.concat(codes, axis=1)))

    def reconstruct(self, x):
        """Returns g(e(x)), scaled as x."""
        return self.decode(*self._codes(x)[0])


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets'."""
    widths = (by_size.units(spec.size),) * 2
    config = Config(
        by_size.latent(spec.size, 8),
        widths,
        widths,
        supervised=isinstance(data, SemiSupervisedDataConfig),
    )
    train = by_size.training(
        examples, 100, 128, 6000, 100_000, jit_compile=True
    )
    return Preset(config, data, train)


_DIGITS = DataConfig("digits", dequantize=False)
_SMALL = Config(hidden=(256, 256), discriminator=(256, 256))
_TRAIN = training(6000, 128, every=500, jit_compile=True)
_CLUSTERS = {"normalize": True, "game_optimizer": adversarial_codes.ADAM}


def _mnist(data=DataConfig, **options):
    return Preset(
        Config(**options),
        data("mnist", dequantize=False),
        training(100_000, 100, every=5000, jit_compile=True),
    )


PRESETS = {
    "digits": Preset(_SMALL, _DIGITS, _TRAIN),
    # Without `_CLUSTERS`, 63 % of the digits are in the right cluster of 16
    # instead of 78 % (one seed).
    "digits_clusters": Preset(
        dataclasses.replace(_SMALL, categories=16, **_CLUSTERS), _DIGITS, _TRAIN
    ),
    "digits_labels": Preset(
        dataclasses.replace(_SMALL, supervised=True),
        SemiSupervisedDataConfig("digits", dequantize=False),
        _TRAIN,
    ),
    "mnist": _mnist(),
    "mnist_clusters": _mnist(categories=30, **_CLUSTERS),
    # Of 100 labels (section 5).
    "mnist_labels": _mnist(SemiSupervisedDataConfig, supervised=True),
    "tiny": Preset(
        Config(latent=2, hidden=(4,), discriminator=(4,), categories=3),
        _DIGITS,
        TINY_TRAIN,
    ),
}

"""Generative adversarial networks.

Ian Goodfellow, Jean Pouget-Abadie, Mehdi Mirza, Bing Xu, David Warde-Farley,
Sherjil Ozair, Aaron Courville, Yoshua Bengio: Generative Adversarial Networks.
NIPS 2014. arXiv:1406.2661.

    min_G max_D  E log D(x) + E log(1 - D(G(z)))                         (eq. 1)

What deviates, and why:
- The discriminator's hidden units are leaky rectifiers instead of maxout, and
  the generator's output is tanh: the habits of DCGAN, with which Adam trains.
- The loss can be any of `tfgen.losses.ADVERSARIAL`.
- A conditional form (label, attributes, columns: section 6) is that of later
  papers, see `tfgen/models/conditional_game.py`.
"""

import dataclasses
import functools

import keras

from tfgen.bounds import Count, NotNegative, Share, Sizes
from tfgen.config import TINY_TRAIN, DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.model import Latent, Model, Noise
from tfgen.models import (
    adversarial,
    by_size,
    conditional_game,
    conditions,
    techniques,
)
from tfgen.models.settings import training
from tfgen.models.techniques import Techniques
from tfgen.nn import Logit, dense_generator, dense_stack

PAPER = "Goodfellow et al. 2014, arXiv:1406.2661"

# B batch, Z latent dimensions, D data dimensions.

_ADAM = OptimizerConfig(learning_rate=2e-4, beta_1=0.5)


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of a GAN of multilayer perceptrons."""

    latent: Count = 100  # Z
    generator: Sizes = (512, 512)  # widths of the hidden layers
    discriminator: Sizes = (512, 512)
    batch_norm: bool = True  # in the generator
    discriminator_norm: bool = False  # in D, but for its first layer
    dropout: Share = 0.0  # in the discriminator, section 5
    leak: Share = 0.2  # slope of D's rectifiers below 0
    initial_stddev: NotNegative = 0.0  # of hidden layers' weights; 0: Glorot's
    loss: adversarial.Loss = "non_saturating"
    conditional: bool = False  # on the label, attributes or columns
    conditioning: conditional_game.Conditioning = "concatenate"  # of D
    generator_optimizer: OptimizerConfig = _ADAM
    discriminator_optimizer: OptimizerConfig = _ADAM
    techniques: Techniques = Techniques()


class GAN(Model):
    """A GAN for images [B, H, W, C] or vectors [B, D]."""

    selected_by = "samples"

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        self.latents = {"z": Latent((config.latent,))}
        self.noise = {"z": Noise((config.latent,))}
        if config.conditional:
            self.conditions = conditions.fields(spec)
        self.noise |= techniques.noise(self)
        initializer = keras.initializers.GlorotUniform
        if stddev := config.initial_stddev:
            initializer = functools.partial(
                keras.initializers.RandomNormal, stddev=stddev
            )
        generator = dense_stack(
            config.generator, config.batch_norm, initializer=initializer
        )
        discriminator = dense_stack(
            config.discriminator,
            config.discriminator_norm,
            False,
            config.dropout,
            config.leak,
            initializer,
        )
        tanh = "tanh" if spec.levels else None
        generator = dense_generator(
            config.latent + conditions.width(self), spec.shape, generator, tanh
        )
        self.generator = techniques.generator(self, generator)
        hidden, logit = techniques.discriminator(
            self, [keras.layers.Flatten(), *discriminator], Logit()
        )
        self.discriminator = conditional_game.discriminator(self, hidden, logit)
        self.averages = techniques.averages(self)

    players = adversarial.players
    generate = adversarial.generate_with_techniques
    decode = adversarial.decode
    logit = adversarial.logit
    per_example_losses = adversarial.losses
    per_example_metrics = adversarial.metrics


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets'."""
    widths = (by_size.units(spec.size),) * 2
    config = Config(by_size.latent(spec.size), widths, widths)
    train = by_size.training(
        examples, 100, 128, 6000, 100_000, jit_compile=True
    )
    return Preset(config, data, train)


_SMALL = Config(latent=32, generator=(256, 256), discriminator=(256, 256))
_DIGITS = DataConfig("digits", dequantize=False)
_TRAIN = training(6000, 128, every=500, jit_compile=True)

PRESETS = {
    "digits": Preset(_SMALL, _DIGITS, _TRAIN),
    "digits_labels": Preset(
        dataclasses.replace(
            _SMALL, conditional=True, conditioning="projection"
        ),
        _DIGITS,
        _TRAIN,
    ),
    "toy": Preset(
        Config(latent=2, generator=(128, 128), discriminator=(128, 128)),
        DataConfig("grid_gaussians"),
        training(10_000, 256, every=500, jit_compile=True),
    ),
    "tiny": Preset(
        Config(latent=3, generator=(4,), discriminator=(4,), batch_norm=False),
        _DIGITS,
        TINY_TRAIN,
    ),
}

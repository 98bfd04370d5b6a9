"""Generative adversarial networks.

Ian Goodfellow, Jean Pouget-Abadie, Mehdi Mirza, Bing Xu, David Warde-Farley,
Sherjil Ozair, Aaron Courville, Yoshua Bengio: Generative Adversarial Networks.
NIPS 2014. arXiv:1406.2661.

    min_G max_D  E log D(x) + E log(1 - D(G(z)))                         (eq. 1)

What deviates, and why:
- The discriminator's hidden units are leaky rectifiers instead of maxout, and
  the generator's output is tanh: the habits of DCGAN, with which Adam trains.
- The loss can be any of `tfgen.losses.ADVERSARIAL`.
"""

import dataclasses
from typing import Literal

import keras
import tensorflow as tf

from tfgen.config import (
    TINY_TRAIN,
    DataSpec,
    OptimizerConfig,
    Preset,
    TrainConfig,
)
from tfgen.data.settings import DataConfig
from tfgen.losses import ADVERSARIAL
from tfgen.model import Latent, Model, Noise, Player
from tfgen.models.settings import AT_LEAST_1, SHARE, WIDTHS, check
from tfgen.nn import BatchNorm, Logit, dense_stack

PAPER = "Goodfellow et al. 2014, arXiv:1406.2661"

# B batch, Z latent dimensions, D data dimensions.

_ADAM = OptimizerConfig(learning_rate=2e-4, beta_1=0.5)


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of a GAN of multilayer perceptrons."""

    latent: int = 100  # Z
    generator: tuple[int, ...] = (512, 512)  # widths of the hidden layers
    discriminator: tuple[int, ...] = (512, 512)
    batch_norm: bool = True  # in G; if `rectified`, also in D
    dropout: float = 0.0  # in the discriminator, section 5
    rectified: bool = False  # players of EBGAN's grid, arXiv:1609.03126, app. C
    loss: Literal[
        "minimax", "non_saturating", "least_squares", "hinge", "wasserstein"
    ] = "non_saturating"
    generator_optimizer: OptimizerConfig = _ADAM
    discriminator_optimizer: OptimizerConfig = _ADAM


class GAN(Model):
    """A GAN for images [B, H, W, C] or vectors [B, D]."""

    selected_by = "samples"

    def __init__(self, config: Config, spec: DataSpec):
        """Builds the model and its variables.

        Args:
          config: the settings.
          spec: shape and gray levels of the data.

        Raises:
          UserError: settings that will not do.
        """
        super().__init__(config, spec)
        self.latents = {"z": Latent((config.latent,))}
        self.noise = {"z": Noise((config.latent,))}
        check(config, "latent", *AT_LEAST_1)
        check(config, "generator discriminator", *WIDTHS)
        check(config, "dropout", *SHARE)
        layers = keras.layers
        stacks = self._grid_stacks if config.rectified else self._stacks
        generator, discriminator = stacks()
        self.generator = keras.Sequential(
            [
                *generator,
                layers.Dense(spec.size, "tanh" if spec.levels else None),
                layers.Reshape(spec.shape),
            ]
        )
        self.discriminator = keras.Sequential(
            [layers.Flatten(), *discriminator, Logit()]
        )
        self.generator.build((None, config.latent))
        self.discriminator.build((None, *spec.shape))

    def _stacks(self):
        """Hidden layers of G and D."""
        c, layers = self.config, keras.layers
        generator, discriminator = [], []
        for width in c.generator:
            generator.append(layers.Dense(width, use_bias=not c.batch_norm))
            generator += [BatchNorm()] if c.batch_norm else []
            generator.append(layers.ReLU())
        for width in c.discriminator:
            discriminator += [layers.Dense(width), layers.LeakyReLU(0.2)]
            discriminator += [layers.Dropout(c.dropout)]
        return generator, discriminator

    def _grid_stacks(self):
        """The same for EBGAN's grid search: D is normalized and rectified."""
        c = self.config
        return (
            dense_stack(c.generator, c.batch_norm),
            dense_stack(c.discriminator, c.batch_norm, False, c.dropout),
        )

    # The game.

    def players(self) -> dict[str, Player]:
        """The discriminator moves first."""
        return {
            "discriminator": Player(
                self.discriminator.trainable_variables,
                self.config.discriminator_optimizer,
            ),
            "generator": Player(
                self.generator.trainable_variables,
                self.config.generator_optimizer,
            ),
        }

    def generate(self, batch, training):
        """Returns G(z), of which both players learn, [B, ...]."""
        return self.generator(batch["z"], training=training)

    def per_example_losses(self, batch, training):
        """Returns what each player minimizes, [B]."""
        loss = ADVERSARIAL[self.config.loss]
        x = self.to_unit(batch["x"])
        real = self.discriminator(x, training=training)
        fake = self.discriminator(batch["generated"], training=training)
        return {
            "discriminator": loss.discriminator(real, fake),
            "generator": loss.generator(fake),
        }

    def per_example_metrics(self, batch):
        """Returns the discriminator's error on data, [B]."""
        x = self.to_unit(batch["x"])
        wrong = self.discriminator(x) < 0
        return {"discriminator_error": tf.cast(wrong, tf.float32)}

    # Capabilities.

    def decode(self, z):
        """Returns x = G(z), gray levels in [0, levels - 1] or vectors.

        Args:
          z: [B, Z], standard normal.
        """
        return self.from_unit(self.generator(z))


PRESETS = {
    "digits": Preset(
        Config(latent=32, generator=(256, 256), discriminator=(256, 256)),
        DataConfig("digits", dequantize=False),
        TrainConfig(steps=6000, batch_size=128, jit_compile=True),
    ),
    "toy": Preset(
        Config(latent=2, generator=(128, 128), discriminator=(128, 128)),
        DataConfig("grid_gaussians"),
        TrainConfig(steps=10_000, batch_size=256, jit_compile=True),
    ),
    "tiny": Preset(
        Config(latent=3, generator=(4,), discriminator=(4,), batch_norm=False),
        DataConfig("digits", dequantize=False),
        TINY_TRAIN,
    ),
}

"""Deep convolutional generative adversarial networks.

Alec Radford, Luke Metz, Soumith Chintala: Unsupervised Representation Learning
with Deep Convolutional Generative Adversarial Networks. ICLR 2016.
arXiv:1511.06434.

The guidelines of section 3: strided convolutions instead of pooling, batch
normalization in both players (not in the generator's output and the
discriminator's input), no hidden fully connected layers, ReLU in the generator
and tanh at its end, leaky ReLU in the discriminator.

What deviates: nothing that is known; the loss can be any of
`tfgen.losses.ADVERSARIAL`.
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
from tfgen.models.settings import AT_LEAST_1, SOME_WIDTHS, check
from tfgen.nn import (
    BatchNorm,
    Logit,
    conv_generator,
    conv_stack,
    initializer,
)

PAPER = "Radford et al. 2016, arXiv:1511.06434"

# B batch, Z latent dimensions, H W C image.

# Section 4: "learning rate 0.0002", "beta_1 0.5".
_ADAM = OptimizerConfig(learning_rate=2e-4, beta_1=0.5)


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the defaults are the paper's for 64 x 64."""

    latent: int = 100  # Z, uniform in (-1, 1), figure 1
    generator: tuple[int, ...] = (1024, 512, 256, 128)  # maps, figure 1
    discriminator: tuple[int, ...] = (128, 256, 512, 1024)
    kernel: int = 5
    batch_norm: bool = True
    loss: Literal[
        "minimax", "non_saturating", "least_squares", "hinge", "wasserstein"
    ] = "non_saturating"
    generator_optimizer: OptimizerConfig = _ADAM
    discriminator_optimizer: OptimizerConfig = _ADAM


class DCGAN(Model):
    """A GAN for images [B, H, W, C]."""

    selected_by = "samples"

    def __init__(self, config: Config, spec: DataSpec):
        """Builds the model and its variables.

        Args:
          config: the settings.
          spec: shape and gray levels of the data.

        Raises:
          UserError: settings that do not fit the data.
        """
        super().__init__(config, spec)
        self.latents = {"z": Latent((config.latent,), "uniform")}
        self.noise = {"z": Noise((config.latent,))}
        check(config, "latent kernel", *AT_LEAST_1)
        check(config, "generator discriminator", *SOME_WIDTHS)
        norm = BatchNorm if config.batch_norm else None
        self.generator = conv_generator(
            config.latent, spec.shape, config.generator, config.kernel, norm
        )
        self.discriminator = keras.Sequential(
            [
                keras.layers.Input(spec.shape),
                *conv_stack(
                    spec.shape, config.discriminator, config.kernel, norm
                ),
                Logit(kernel_initializer=initializer()),
            ]
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
        return self.generator(*self.prior(batch["z"]), training=training)

    def per_example_losses(self, batch, training):
        """Returns what each player minimizes, [B]."""
        loss = ADVERSARIAL[self.config.loss]
        x = self.to_unit(batch["x"])
        # Data and samples are batches of their own: each with its own
        # statistics.
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
        """Returns x = G(z), gray levels in [0, levels - 1], [B, H, W, C].

        Args:
          z: [B, Z] in (-1, 1).
        """
        return self.from_unit(self.generator(z))


PRESETS = {
    "digits": Preset(
        Config(latent=32, generator=(128, 64), discriminator=(64, 128)),
        DataConfig("digits", dequantize=False),
        TrainConfig(steps=4000, batch_size=128),
    ),
    # LSUN bedrooms, section 4.1; "3 million training examples". Whole images,
    # but for what a square leaves out.
    "lsun": Preset(
        Config(),
        DataConfig("lsun/bedroom", short_side=64, dequantize=False),
        TrainConfig(
            steps=120_000,
            batch_size=128,
            evaluate_every=5000,
            checkpoint_every=5000,
        ),
    ),
    "cifar10": Preset(
        Config(generator=(256, 128, 64), discriminator=(64, 128, 256)),
        DataConfig("cifar10", dequantize=False, flip=True),
        TrainConfig(
            steps=50_000,
            batch_size=64,
            evaluate_every=5000,
            checkpoint_every=5000,
        ),
    ),
    "tiny": Preset(
        Config(
            latent=3,
            generator=(4, 3),
            discriminator=(3,),
            kernel=3,
            batch_norm=False,
        ),
        DataConfig("digits", dequantize=False),
        TINY_TRAIN,
    ),
}

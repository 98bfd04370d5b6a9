"""Energy-based generative adversarial networks.

Junbo Zhao, Michael Mathieu, Yann LeCun: Energy-based Generative Adversarial
Network. ICLR 2017. arXiv:1609.03126.

    D(x) = |Dec(Enc(x)) - x|                                            (eq. 13)
    L_D = D(x) + max(0, m - D(G(z)))                                     (eq. 1)
    L_G = D(G(z)) + lambda_PT f_PT(Enc(G(z)))                       (eqs. 2, 14)

What deviates: the multilayer perceptrons of the grid search and the
convolutional model of section 4.3; not the high-resolution ones.
"""

import dataclasses

import keras
import tensorflow as tf

from tfgen.config import (
    TINY_TRAIN,
    DataConfig,
    DataSpec,
    OptimizerConfig,
    Preset,
    TrainConfig,
)
from tfgen.errors import UserError
from tfgen.losses import margin_loss, pulling_away
from tfgen.models.contract import Player, Signature
from tfgen.models.sampling import sample_inputs, sample_signatures
from tfgen.nn import conv_generator, conv_stack, from_unit, to_unit

# B batch, Z latent dimensions.

# Section 4.1: "learning rate 0.001 and Adam"; section 4.3 follows DCGAN.
_ADAM = OptimizerConfig(learning_rate=1e-3)
_DCGAN_ADAM = OptimizerConfig(learning_rate=2e-4, beta_1=0.5)


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the defaults are those of the best of the grid, figure 4."""

    latent: int = 100  # Z, standard normal
    convolutional: bool = False
    generator: tuple[int, ...] = (800, 800, 800, 800)  # units, or maps
    encoder: tuple[int, ...] = (1024,)  # the last is the code
    decoder: tuple[int, ...] = ()  # hidden layers between code and output
    kernel: int = 4  # appendix C, "4c2s"
    batch_norm: bool = True
    dropout: float = 0.0  # in the encoder
    margin: float = 10.0  # m
    pull_away: float = 0.0  # lambda_PT; 0.1 in section 4
    generator_optimizer: OptimizerConfig = _ADAM
    discriminator_optimizer: OptimizerConfig = _ADAM


class EBGAN(keras.Model):
    """An EBGAN for images [B, H, W, C] or vectors [B, D]."""

    def __init__(self, config: Config, spec: DataSpec):
        """Builds the model and its variables.

        Args:
          config: the settings.
          spec: shape and gray levels of the data.

        Raises:
          UserError: settings that will not do.
        """
        super().__init__(name="ebgan")
        self.config, self.spec = config, spec
        if config.margin <= 0:
            raise UserError(
                f"--set network.margin={config.margin}: expected above 0."
            )
        if config.latent < 1:
            raise UserError(
                f"--set network.latent={config.latent}: expected at least 1."
            )
        if not config.encoder or not config.generator:
            raise UserError(
                "--set network.encoder, network.generator: expected at least"
                " one width each."
            )
        build = self._convolutional if config.convolutional else self._dense
        self.generator, self.encoder, self.decoder = build()

    def _dense(self):
        c, spec, layers = self.config, self.spec, keras.layers
        output = "tanh" if spec.levels else None

        # "Batch normalization is applied after each weight layer, except for
        # the generator output layer and the discriminator input layer."
        def hidden(widths, stddev, dropout=0.0, first_norm=True):
            stack = []
            for i, width in enumerate(widths):
                norm = c.batch_norm and (i > 0 or first_norm)
                stack.append(
                    layers.Dense(
                        width,
                        use_bias=not norm,
                        kernel_initializer=keras.initializers.RandomNormal(
                            stddev=stddev
                        ),
                    )
                )
                stack += [layers.BatchNormalization()] if norm else []
                stack.append(layers.ReLU())
                stack += [layers.Dropout(dropout)] if dropout else []
            return stack

        generator = keras.Sequential(
            [
                layers.Input((c.latent,)),
                *hidden(c.generator, 0.02),
                layers.Dense(spec.size, output),
                layers.Reshape(spec.shape),
            ]
        )
        encoder = keras.Sequential(
            [
                layers.Input(spec.shape),
                layers.Flatten(),
                *hidden(c.encoder, 0.02, c.dropout, first_norm=False),
            ]
        )
        decoder = keras.Sequential(
            [
                layers.Input((c.encoder[-1],)),
                *hidden(c.decoder, 0.02),
                layers.Dense(spec.size),
                layers.Reshape(spec.shape),
            ]
        )
        return generator, encoder, decoder

    def _convolutional(self):
        """Appendix C: encoder 64-128-256, decoder 128-64-channels."""
        c, spec = self.config, self.spec
        norm = keras.layers.BatchNormalization if c.batch_norm else None
        generator = conv_generator(
            c.latent, spec.shape, c.generator, c.kernel, norm
        )
        encoder = keras.Sequential(
            [
                keras.layers.Input(spec.shape),
                *conv_stack(spec.shape, c.encoder, c.kernel, norm),
            ]
        )
        decoder = keras.Sequential(
            [keras.layers.Input(encoder.output.shape[1:])]
        )
        for width in reversed(c.encoder[:-1]):
            decoder.add(
                keras.layers.Conv2DTranspose(
                    width, c.kernel, 2, "same", use_bias=not norm
                )
            )
            if norm:
                decoder.add(norm())
            decoder.add(keras.layers.ReLU())
        decoder.add(
            keras.layers.Conv2DTranspose(spec.shape[-1], c.kernel, 2, "same")
        )
        return generator, encoder, decoder

    # The game.

    def players(self) -> dict[str, Player]:
        """The discriminator, an autoencoder, moves first."""
        return {
            "discriminator": Player(
                self.encoder.trainable_variables
                + self.decoder.trainable_variables,
                self.config.discriminator_optimizer,
            ),
            "generator": Player(
                self.generator.trainable_variables,
                self.config.generator_optimizer,
            ),
        }

    def noise(self) -> dict[str, tuple[int, ...]]:
        """The latent z."""
        return {"z": self.latent_shape}

    def per_example_losses(self, batch, training):
        """Returns what each player minimizes, [B].

        The pulling-away term is that of the codes on this replica, and each
        example carries all of it.
        """
        x = to_unit(batch["x"], self.spec.levels)
        y = tf.cast(self.generator(batch["z"], training=training), x.dtype)
        real, _ = self._energy(x, training)
        fake, codes = self._energy(y, training)
        generator = fake
        if self.config.pull_away:
            generator += self.config.pull_away * pulling_away(codes)
        return {
            "discriminator": margin_loss(real, fake, self.config.margin),
            "generator": generator,
        }

    def _energy(self, y, training=False):
        """Energy [B] and code of y in [-1, 1]."""
        code = self.encoder(y, training=training)
        error = tf.cast(self.decoder(code, training=training), y.dtype) - y
        squared = tf.reduce_sum(tf.square(error), range(1, len(error.shape)))
        # The root's gradient at 0 is infinite.
        return tf.sqrt(squared + 1e-12), tf.cast(code, y.dtype)

    def per_example_metrics(self, batch):
        """Returns the energy of data, [B]."""
        return {"energy": self.energy(batch["x"])}

    # Capabilities.

    @property
    def latent_shape(self) -> tuple[int, ...]:
        """Shape of one latent, (Z,)."""
        return (self.config.latent,)

    def energy(self, x):
        """Returns D(x), [B]: the length of the error in units of [-1, 1]."""
        return self._energy(to_unit(x, self.spec.levels))[0]

    def reconstruct(self, x):
        """Returns Dec(Enc(x)), shaped and scaled as x."""
        y = self.decoder(self.encoder(to_unit(x, self.spec.levels)))
        return from_unit(tf.cast(y, tf.float32), self.spec.levels)

    def features(self, x):
        """Returns the code Enc(x) as vectors, [B, ...]."""
        code = self.encoder(to_unit(x, self.spec.levels))
        return tf.cast(keras.layers.Flatten()(code), tf.float32)

    def decode(self, z, label=None):
        """Returns x = G(z), gray levels in [0, levels - 1] or vectors.

        Args:
          z: [B, Z], standard normal.
          label: not used.
        """
        y = tf.cast(self.generator(z), tf.float32)
        return from_unit(y, self.spec.levels)

    def sample(self, noise, label=None):
        """Same as `decode`."""
        return self.decode(noise, label)

    # Export.

    def example_inputs(self, n, seed):
        """Returns n valid rows of each input of the signatures."""
        return sample_inputs(self, n, seed)

    def signatures(self) -> dict[str, Signature]:
        """`energy` (served by default), `reconstruct`, `decode`, `sample`."""
        x = tf.TensorSpec([None, *self.spec.shape], tf.float32, "x")
        return {
            "energy": Signature(lambda x: {"energy": self.energy(x)}, [x]),
            "reconstruct": Signature(
                lambda x: {"x_again": self.reconstruct(x)}, [x]
            ),
            **sample_signatures(self),
        }


_DIGITS = DataConfig("digits", dequantize=False)
_CONVOLUTIONAL = Config(
    convolutional=True,
    generator=(512, 256, 128, 64),
    encoder=(64, 128, 256),
    pull_away=0.1,
    generator_optimizer=_DCGAN_ADAM,
    discriminator_optimizer=_DCGAN_ADAM,
)


def _faces(name, margin):
    """Appendix C: 64 x 64; margin 80 for LSUN and 20 for CelebA."""
    return Preset(
        dataclasses.replace(_CONVOLUTIONAL, margin=margin),
        DataConfig(name, dequantize=False),
        TrainConfig(
            steps=100_000,
            batch_size=64,
            evaluate_every=5000,
            checkpoint_every=5000,
        ),
    )


PRESETS = {
    # 8 x 8: the margin is that of 28 x 28 times 8 / 28.
    "digits": Preset(
        Config(
            latent=32,
            generator=(256, 256),
            encoder=(256, 64),
            decoder=(256,),
            margin=3.0,
            pull_away=0.1,
            generator_optimizer=_DCGAN_ADAM,
            discriminator_optimizer=_DCGAN_ADAM,
        ),
        _DIGITS,
        TrainConfig(steps=6000, batch_size=128, jit_compile=True),
    ),
    "toy": Preset(
        Config(
            latent=2,
            generator=(128, 128),
            encoder=(128, 16),
            decoder=(128,),
            batch_norm=False,
            margin=1.0,
            pull_away=0.1,
        ),
        DataConfig("grid_gaussians"),
        TrainConfig(steps=10_000, batch_size=256, jit_compile=True),
    ),
    "lsun": _faces("lsun/bedroom", 80.0),
    "celeb_a": _faces("celeb_a", 20.0),
    "tiny": Preset(
        Config(
            latent=3,
            generator=(4,),
            encoder=(4,),
            batch_norm=False,
            margin=50.0,
        ),
        _DIGITS,
        TINY_TRAIN,
    ),
}

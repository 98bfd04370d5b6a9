"""Bidirectional generative adversarial networks, and what they are compared to.

Jeff Donahue, Philipp Krahenbuhl, Trevor Darrell: Adversarial Feature Learning.
ICLR 2017. arXiv:1605.09782.

    V = E_x log D(x, E(x)) + E_z log(1 - D(G(z), z))                     (eq. 3)

D maximizes V; E and G minimize it or, for stronger gradients, maximize the
"inverse" objective, in which data and samples change places (section 3.4). All
move at once.

The baselines of section 4.1 are the same three networks with other weights of
the same terms: see `OBJECTIVES`. A latent regressor minimizes L(z, E(G(z))), a
sigmoid cross entropy; its D is that of a plain GAN, the baseline D.

Networks are the multilayer perceptrons of appendix C.1 or the convolutional
ones of C.2, whose E may see larger images than G makes (section 3.5).

What deviates, and why:
- In the joint latent regressor, the generator's share of the regression has
  the weight 0.25: with 1 the generator makes what is easy to regress.
- The stochastic encoder is that of Vincent Dumoulin et al.: Adversarially
  Learned Inference. ICLR 2017. arXiv:1606.00704. G stays deterministic.
- Moving averages of batch normalization are those of about ten steps.
- C.2's D is fed z in every convolution but the first, as the authors' code has
  it; the paper does not say in which.
"""

import dataclasses
import functools
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
from tfgen.errors import UserError
from tfgen.losses import ADVERSARIAL
from tfgen.model import Latent, Model, Noise, Player
from tfgen.models.settings import (
    AT_LEAST_1,
    NOT_NEGATIVE,
    SOME_WIDTHS,
    WIDTHS,
    check,
)
from tfgen.nn import (
    Logit,
    alexnet_stack,
    conv_generator,
    conv_stack,
    initializer,
    joint_conv_discriminator,
    joint_discriminator,
    to_unit,
)

PAPER = "Donahue et al. 2017, arXiv:1605.09782"

# B batch, Z latent dimensions.

# Statistics of about the last ten steps. E moves so fast that those of a
# hundred, Keras's default, doubled the error of G(E(x)) on the digits.
_MOMENTUM = 0.9


@dataclasses.dataclass(frozen=True)
class Objective:
    """Weights of the terms; 0 leaves a term out.

    Attributes:
      joint: D sees (x, E(x)) and (G(z), z); else x and G(z) alone.
      adversarial: the game of D and G (and of E, if it is joint).
      regression: L(z, E(G(z))) for E.
      regression_of_generator: the same for G.
      l1: mean |x - G(E(x))| for E and G.
      l2: mean (x - G(E(x)))^2 for E and G.
    """

    joint: bool = False
    adversarial: float = 0.0
    regression: float = 0.0
    regression_of_generator: float = 0.0
    l1: float = 0.0
    l2: float = 0.0


# Sections 3 and 4.1; table 1 compares them.
OBJECTIVES = {
    "bigan": Objective(joint=True, adversarial=1.0),
    "latent_regressor": Objective(adversarial=1.0, regression=1.0),
    "joint_latent_regressor": Objective(
        adversarial=1.0, regression=1.0, regression_of_generator=0.25
    ),
    "autoencoder_l1": Objective(l1=1.0),
    "autoencoder_l2": Objective(l2=1.0),
}

# Appendix C: Adam, the rate decays exponentially from half-way on.
_ADAM = OptimizerConfig(
    learning_rate=2e-4,
    beta_1=0.5,
    schedule="exponential",
    decay_start=0.5,
    final_learning_rate=2e-6,
)


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the defaults are those of appendix C.1."""

    objective: Literal[
        "bigan",
        "latent_regressor",
        "joint_latent_regressor",
        "autoencoder_l1",
        "autoencoder_l2",
    ] = "bigan"
    latent: int = 50  # Z, uniform in (-1, 1); normal if E is gaussian
    gaussian_encoder: bool = False  # ALI's: z of mean and variance E(x)
    convolutional: bool = False  # C.2; else the perceptrons of C.1
    units: int = 1024  # C.1: of each of the two hidden layers
    batch_norm: bool = True  # C.1: without parameters, in the second layer
    generator: tuple[int, ...] = (1024, 512, 256, 128)  # C.2: DCGAN's maps
    discriminator: tuple[int, ...] = (128, 256, 512, 1024)
    encoder: tuple[int, ...] = ()  # C.2: AlexNet, unless maps are named
    kernel: int = 5  # C.2
    generator_size: int = 0  # pixels a side of G(z), section 3.5; 0: as of x
    inverse: bool = True  # E and G maximize the inverse objective
    weight_decay: float = 2.5e-5  # of the weights of linear layers, appendix C
    optimizer: OptimizerConfig = _ADAM


class BiGAN(Model):
    """A BiGAN for images [B, H, W, C] or vectors [B, D]."""

    simultaneous = True

    def __init__(self, config: Config, spec: DataSpec):
        """Builds the model and its variables.

        Args:
          config: the settings.
          spec: shape and gray levels of the data.

        Raises:
          UserError: settings that will not do.
        """
        super().__init__(config, spec)
        self.objective = OBJECTIVES[config.objective]
        self._check()
        # Autoencoders never see a z of the prior.
        if self.objective.adversarial:
            self.selected_by = "samples"
        gaussian = config.gaussian_encoder
        prior = "normal" if gaussian else "uniform"
        self.latents = {"z": Latent((config.latent,), prior)}
        names = ("z", "code") if gaussian else ("z",)
        self.noise = dict.fromkeys(names, Noise((config.latent,)))
        size = config.generator_size
        self.made = (size, size, spec.shape[-1]) if size else spec.shape
        build = self._convolutional if config.convolutional else self._dense
        self.generator, self.encoder, discriminator = build()
        if self.objective.adversarial:
            self.discriminator = discriminator

    def _check(self):
        c, shape = self.config, self.spec.shape
        check(c, "latent units kernel", *AT_LEAST_1)
        check(c, "generator discriminator", *SOME_WIDTHS)
        check(c, "encoder", *WIDTHS)
        check(c, "weight_decay", *NOT_NEGATIVE)
        if c.gaussian_encoder and not self.objective.joint:
            raise UserError(
                f"--set network.gaussian_encoder=true: {c.objective} has a"
                " deterministic encoder; of the objectives, bigan may have it."
            )
        if c.generator_size and not (
            c.convolutional and 0 < c.generator_size <= min(shape[:2])
        ):
            raise UserError(
                f"--set network.generator_size={c.generator_size}: expected a"
                " convolutional model and at most as many pixels a side as the"
                f" data have, {shape}."
            )

    @property
    def _code_size(self):
        """Mean and log-variance of each latent, or the latent."""
        return self.config.latent * (2 if self.config.gaussian_encoder else 1)

    def _dense(self):
        """Appendix C.1."""
        layers, c, spec = keras.layers, self.config, self.spec

        def dense(units, **options):
            return layers.Dense(
                units, kernel_initializer=initializer(), **options
            )

        def hidden(negative_slope=0.0):
            norm = layers.BatchNormalization(
                momentum=_MOMENTUM, center=False, scale=False
            )
            return [
                dense(c.units),
                layers.ReLU(negative_slope=negative_slope),
                dense(c.units, use_bias=not c.batch_norm),
                *([norm] if c.batch_norm else []),
                layers.ReLU(negative_slope=negative_slope),
            ]

        generator = [
            layers.Input((c.latent,)),
            *hidden(),
            dense(spec.size, activation="tanh" if spec.levels else None),
            layers.Reshape(spec.shape),
        ]
        flat = [layers.Input(spec.shape), layers.Flatten()]
        encoder = [*flat, *hidden(0.2), dense(self._code_size)]
        if self.objective.joint:
            judge = joint_discriminator(spec.shape, c.latent, hidden(0.2))
        else:
            judge = keras.Sequential(
                [
                    layers.Input(spec.shape),
                    layers.Flatten(),
                    *hidden(0.2),
                    Logit(kernel_initializer=initializer()),
                ]
            )
        return keras.Sequential(generator), keras.Sequential(encoder), judge

    def _convolutional(self):
        """Appendix C.2: AlexNet encodes, DCGAN's networks play."""
        layers, c, shape = keras.layers, self.config, self.spec.shape
        norm = None
        if c.batch_norm:
            norm = functools.partial(
                layers.BatchNormalization, momentum=_MOMENTUM
            )
        generator = conv_generator(
            c.latent, self.made, c.generator, c.kernel, norm
        )

        def features(shape):
            if c.encoder:
                return conv_stack(shape, c.encoder, c.kernel, norm, "encoder")
            return alexnet_stack(norm)

        encoder = keras.Sequential(
            [
                layers.Input(shape),
                *features(shape),
                layers.Flatten(),
                layers.Dense(self._code_size, kernel_initializer=initializer()),
            ]
        )
        if self.objective.joint:
            judge = joint_conv_discriminator(
                self.made, c.latent, c.discriminator, c.kernel, norm
            )
        else:
            # "For fair comparison of the discriminator's feature learning
            # abilities", the baseline D is as E.
            judge = keras.Sequential(
                [
                    layers.Input(self.made),
                    *features(self.made),
                    Logit(kernel_initializer=initializer()),
                ]
            )
        return generator, encoder, judge

    # The game.

    def players(self) -> dict[str, Player]:
        """Discriminator, generator and encoder; no D without its game."""
        names = ["discriminator"] if self.objective.adversarial else []
        return {
            name: Player(
                getattr(self, name).trainable_variables, self.config.optimizer
            )
            for name in (*names, "generator", "encoder")
        }

    def per_example_losses(self, batch, training):
        """Returns what each player minimizes, [B]."""
        o = self.objective
        large = self.to_unit(batch["x"])
        x = self._as_made(large)
        (z,) = self.prior(batch["z"])
        z = tf.cast(z, x.dtype)
        if o.adversarial:
            g_z = tf.cast(self.generator(z, training=training), x.dtype)
        if o.joint or o.l1 or o.l2:
            e_x = self._code(large, batch.get("code"), training)
        losses = {name: 0.0 for name in self.players()}
        if o.adversarial:
            real, fake = (
                self.discriminator(seen, training=training)
                for seen in ([[x, e_x], [g_z, z]] if o.joint else [x, g_z])
            )
            game = ADVERSARIAL["non_saturating"]
            V = -game.discriminator(real, fake)
            # Eq. 3, and section 3.4 where real and fake change places.
            value = game.discriminator(fake, real) if self.config.inverse else V
            losses["discriminator"] -= o.adversarial * V
            losses["generator"] += o.adversarial * value
            if o.joint:
                losses["encoder"] += o.adversarial * value
        if o.regression:
            e_g_z = self.encoder(g_z, training=training)
            regression = self._regression(z, e_g_z)
            losses["encoder"] += o.regression * regression
            if o.regression_of_generator:
                losses["generator"] += o.regression_of_generator * regression
        if o.l1 or o.l2:
            error = x - self.generator(e_x, training=training)
            axes = range(1, len(error.shape))
            for name in ("generator", "encoder"):
                losses[name] += o.l1 * tf.reduce_mean(tf.abs(error), axes)
                losses[name] += o.l2 * tf.reduce_mean(tf.square(error), axes)
        return {
            name: loss + self._decay(getattr(self, name))
            for name, loss in losses.items()
        }

    def _as_made(self, x):
        """Section 3.5: x in the size of G(z)."""
        if x.shape[1:] == self.made:
            return x
        small = tf.image.resize(x, self.made[:2], antialias=True)
        return tf.cast(small, x.dtype)

    def _code(self, x, noise=None, training=False):
        """E(x), or a draw of it; without noise, its mean."""
        code = tf.cast(self.encoder(x, training=training), x.dtype)
        if not self.config.gaussian_encoder:
            return code
        mean, log_variance = tf.split(code, 2, axis=1)
        return (
            mean if noise is None else mean + tf.exp(log_variance / 2) * noise
        )

    def _regression(self, z, logits):
        """Sigmoid cross entropy of (z + 1) / 2, the mean over dimensions."""
        return tf.reduce_mean(
            tf.nn.sigmoid_cross_entropy_with_logits(
                (z + 1) / 2, tf.cast(logits, z.dtype)
            ),
            axis=1,
        )

    def _decay(self, network):
        """Whose gradient is weight_decay times the weight."""
        kernels = [v for v in network.trainable_variables if v.name == "kernel"]
        total = tf.add_n([tf.nn.l2_loss(v.value) for v in kernels])
        return self.config.weight_decay * total

    def per_example_metrics(self, batch):
        """Returns the mean `(x - G(E(x)))^2` in units of [-1, 1], [B]."""
        x, y = (
            to_unit(images, self.spec.levels)
            for images in (batch["x"], self.reconstruct(batch["x"]))
        )
        error = tf.square(self._as_made(x) - y)
        return {
            "reconstruction_l2": tf.reduce_mean(
                error, range(1, len(error.shape))
            )
        }

    # Capabilities.

    def encode(self, x):
        """Returns z = E(x), or its mean, [B, Z]; x as the data have it."""
        code = self._code(self.to_unit(x))
        return self._latent(tf.cast(code, tf.float32))

    def _latent(self, code):
        """A regressor's output is the logit of (z + 1) / 2."""
        return tf.tanh(code / 2) if self.objective.regression else code

    def features(self, x, training=False):
        """Returns layers that tell images apart, name -> [B, F].

        `hidden`, E's layer before its output (C.2: conv5); `output`, E(x); and
        `discriminator`, D's last hidden layer, where D sees images alone.
        """
        x = self.to_unit(x)

        def hidden(network, x):
            for layer in network.layers[:-1]:
                x = layer(x, training=training)
            return x

        h = hidden(self.encoder, x)
        code = self.encoder.layers[-1](h)
        found = {"hidden": h, "output": self._latent(code)}
        if self.objective.adversarial and not self.objective.joint:
            found["discriminator"] = hidden(
                self.discriminator, self._as_made(x)
            )
        return {
            name: tf.cast(tf.reshape(h, [len(x), -1]), tf.float32)
            for name, h in found.items()
        }

    def decode(self, z):
        """Returns x = G(z), gray levels in [0, levels - 1] or vectors.

        Args:
          z: [B, Z], in (-1, 1) if uniform.
        """
        return self.from_unit(self.generator(z))

    def reconstruct(self, x):
        """Returns G(E(x)), scaled as x and of the size of G(z)."""
        return self.decode(self.encode(x))


_DIGITS = DataConfig("digits", dequantize=False)
# 400 epochs of 1,437 images.
_DIGITS_TRAIN = TrainConfig(steps=4500, batch_size=128, jit_compile=True)
# So few images are learned at a quarter of the paper's rate: at 2e-4 neighbours
# among the training images agree less (97.8 % of them instead of 98.4 %). With
# Z = 50, of 64 pixels, samples are half as close to the data.
_DIGITS_ADAM = dataclasses.replace(_ADAM, learning_rate=5e-5)


def _digits(objective):
    return Preset(
        Config(
            objective=objective, latent=20, units=512, optimizer=_DIGITS_ADAM
        ),
        _DIGITS,
        _DIGITS_TRAIN,
    )


PRESETS = {
    "digits": _digits("bigan"),
    # Table 1, MNIST, 1-NN accuracy: BiGAN 97.39.
    "mnist": Preset(
        Config(),
        DataConfig("mnist", dequantize=False),
        TrainConfig(
            steps=187_500,  # 400 epochs of 60,000 images
            batch_size=128,
            jit_compile=True,
            evaluate_every=5000,
            checkpoint_every=5000,
        ),
    ),
    "digits_latent_regressor": _digits("latent_regressor"),
    "digits_joint_latent_regressor": _digits("joint_latent_regressor"),
    "digits_autoencoder_l1": _digits("autoencoder_l1"),
    "digits_autoencoder_l2": _digits("autoencoder_l2"),
    # Small convolutional networks in the roles of C.2's.
    "digits_conv": Preset(
        Config(
            convolutional=True,
            latent=20,
            generator=(128, 64),
            discriminator=(64, 128),
            encoder=(64, 128),
        ),
        _DIGITS,
        TrainConfig(steps=4000, batch_size=128),
    ),
    # C.2: 100 epochs of 1.2 million images. "BiGAN, 112 x 112 E" is
    # image_size=112, generator_size=64 and, in proportion, short_side=126.
    "imagenet": Preset(
        Config(convolutional=True, latent=200),
        DataConfig(
            "tfds:imagenet2012",
            image_size=64,
            short_side=72,
            flip=True,
            dequantize=False,
        ),
        TrainConfig(
            steps=940_000,
            batch_size=128,
            evaluate_every=10_000,
            checkpoint_every=10_000,
        ),
    ),
    "tiny": Preset(
        Config(latent=3, units=4, batch_norm=False),
        _DIGITS,
        TINY_TRAIN,
    ),
}

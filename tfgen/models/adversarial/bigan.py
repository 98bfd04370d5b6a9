"""Bidirectional generative adversarial networks, and what they are compared to.

Jeff Donahue, Philipp Krahenbuhl, Trevor Darrell: Adversarial Feature Learning.
ICLR 2017. arXiv:1605.09782.

    V = E_x log D(x, E(x)) + E_z log(1 - D(G(z), z))                     (eq. 3)

D maximizes V; E and G minimize it or, for stronger gradients, maximize the
"inverse" objective, in which data and samples change places (section 3.4). All
move at once.

The baselines of section 4.1 are the same three networks with other weights of
the same terms: see `OBJECTIVES`. A latent regressor minimizes L(z, E(G(z))), a
sigmoid cross entropy.

What deviates, and why:
- The multilayer perceptrons of appendix C.1 only; widths are settings.
- In the joint latent regressor, the generator's share of the regression has
  the weight 0.25: with 1 the generator makes what is easy to regress.
"""

import dataclasses
from typing import Literal

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
from tfgen.losses import ADVERSARIAL
from tfgen.models.contract import Player, Signature
from tfgen.models.noise import uniform_from_normal
from tfgen.models.sampling import sample_inputs, sample_signatures
from tfgen.nn import Logit, from_unit, to_unit

# B batch, Z latent dimensions.


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
    latent: int = 50  # Z, uniform in (-1, 1)
    units: int = 1024  # of each of the two hidden layers
    batch_norm: bool = True  # parameter-free, after the second layer
    inverse: bool = True  # E and G maximize the inverse objective
    weight_decay: float = 2.5e-5  # of the weights of linear layers, appendix C
    optimizer: OptimizerConfig = _ADAM


class BiGAN(keras.Model):
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
        super().__init__(name="bigan")
        self.config, self.spec = config, spec
        for name in ("latent", "units"):
            if (value := getattr(config, name)) < 1:
                raise UserError(
                    f"--set network.{name}={value}: expected at least 1."
                )
        self.objective = OBJECTIVES[config.objective]
        layers, Z = keras.layers, config.latent
        leaky = {"negative_slope": 0.2}
        self.generator = keras.Sequential(
            [
                layers.Input((Z,)),
                *self._hidden(),
                layers.Dense(spec.size, "tanh" if spec.levels else None),
                layers.Reshape(spec.shape),
            ]
        )
        self.encoder = keras.Sequential(
            [
                layers.Input(spec.shape),
                layers.Flatten(),
                *self._hidden(**leaky),
                layers.Dense(Z),
            ]
        )
        if self.objective.adversarial:
            seen = spec.size + (Z if self.objective.joint else 0)
            self.discriminator = keras.Sequential(
                [layers.Input((seen,)), *self._hidden(**leaky), Logit()]
            )

    def _hidden(self, negative_slope=0.0):
        """Appendix C.1: the second of two layers is normalized."""
        layers, c = keras.layers, self.config
        norm = layers.BatchNormalization(center=False, scale=False)
        return [
            layers.Dense(c.units),
            layers.ReLU(negative_slope=negative_slope),
            layers.Dense(c.units, use_bias=not c.batch_norm),
            *([norm] if c.batch_norm else []),
            layers.ReLU(negative_slope=negative_slope),
        ]

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

    def noise(self) -> dict[str, tuple[int, ...]]:
        """What z is made of."""
        return {"z": self.latent_shape}

    def per_example_losses(self, batch, training):
        """Returns what each player minimizes, [B]."""
        o = self.objective
        x = to_unit(batch["x"], self.spec.levels)
        z = tf.cast(uniform_from_normal(batch["z"]), x.dtype)
        g_z = tf.cast(self.generator(z, training=training), x.dtype)
        e_x = tf.cast(self.encoder(x, training=training), x.dtype)
        losses = {name: 0.0 for name in self.players()}
        if o.adversarial:
            real = self._discriminate(x, e_x, training)
            fake = self._discriminate(g_z, z, training)
            game = ADVERSARIAL["non_saturating"]
            V = -game.discriminator(real, fake)
            # Eq. 3, and section 3.4 where real and fake change places.
            value = game.discriminator(fake, real) if self.config.inverse else V
            losses["discriminator"] -= o.adversarial * V
            losses["generator"] += o.adversarial * value
            if o.joint:
                losses["encoder"] += o.adversarial * value
        if o.regression:
            # G is not moved by E's regression, unless it is asked to be.
            for name, weight, sample in (
                ("encoder", o.regression, tf.stop_gradient(g_z)),
                ("generator", o.regression_of_generator, g_z),
            ):
                if weight:
                    losses[name] += weight * self._regression(
                        z, self.encoder(sample, training=training)
                    )
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

    def _discriminate(self, x, z, training):
        x = tf.reshape(x, [-1, self.spec.size])
        seen = tf.concat([x, z], axis=1) if self.objective.joint else x
        return self.discriminator(seen, training=training)

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
        x = to_unit(batch["x"], self.spec.levels)
        y = to_unit(self.reconstruct(batch["x"]), self.spec.levels)
        error = tf.square(x - y)
        return {
            "reconstruction_l2": tf.reduce_mean(
                error, range(1, len(error.shape))
            )
        }

    # Capabilities.

    @property
    def latent_shape(self) -> tuple[int, ...]:
        """Shape of one latent, (Z,)."""
        return (self.config.latent,)

    def encode(self, x, label=None):
        """Returns z = E(x), [B, Z]; x as the data have it."""
        z = self.encoder(to_unit(x, self.spec.levels))
        z = tf.cast(z, tf.float32)
        # The regressor's output is the logit of (z + 1) / 2.
        return tf.tanh(z / 2) if self.objective.regression else z

    def features(self, x):
        """Returns E's layer before its output, [B, units]."""
        h = to_unit(x, self.spec.levels)
        for layer in self.encoder.layers[:-1]:
            h = layer(h)
        return tf.cast(h, tf.float32)

    def decode(self, z, label=None):
        """Returns x = G(z), gray levels in [0, levels - 1] or vectors.

        Args:
          z: [B, Z] in (-1, 1).
          label: not used.
        """
        y = tf.cast(self.generator(z), tf.float32)
        return from_unit(y, self.spec.levels)

    def reconstruct(self, x):
        """Returns G(E(x)), shaped and scaled as x."""
        return self.decode(self.encode(x))

    def sample(self, noise, label=None):
        """Returns `decode` of a uniform z, made of normal noise [B, Z]."""
        return self.decode(uniform_from_normal(noise), label)

    # Export.

    def example_inputs(self, n, seed):
        """Returns n valid rows of each input of the signatures."""
        return sample_inputs(self, n, seed, uniform=True)

    def signatures(self) -> dict[str, Signature]:
        """`encode` (served by default), `reconstruct`, `decode`, `sample`."""
        x = tf.TensorSpec([None, *self.spec.shape], tf.float32, "x")
        return {
            "encode": Signature(lambda x: {"z": self.encode(x)}, [x]),
            "reconstruct": Signature(
                lambda x: {"x_again": self.reconstruct(x)}, [x]
            ),
            **sample_signatures(self),
        }


_DIGITS = DataConfig("digits", dequantize=False)
# 400 epochs of 1,437 images.
_DIGITS_TRAIN = TrainConfig(steps=4500, batch_size=128, jit_compile=True)


def _digits(objective):
    return Preset(
        Config(objective=objective, latent=20, units=512),
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
    **{
        f"digits_{name}": _digits(name)
        for name in OBJECTIVES
        if name != "bigan"
    },
    "tiny": Preset(
        Config(latent=3, units=4, batch_norm=False),
        _DIGITS,
        TINY_TRAIN,
    ),
}

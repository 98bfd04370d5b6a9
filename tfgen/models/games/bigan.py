"""Bidirectional generative adversarial networks, and what they are compared to.

Jeff Donahue, Philipp Krahenbuhl, Trevor Darrell: Adversarial Feature Learning.
ICLR 2017. arXiv:1605.09782.

    V = E_x log D(x, E(x)) + E_z log(1 - D(G(z), z))                     (eq. 3)

D maximizes V; E and G minimize it or, for stronger gradients, maximize the
"inverse" objective, in which data and samples change places (section 3.4).

Baselines of section 4.1 have the same three networks and the objectives of
`tfgen/models/bigan_baselines.py`. Networks are those of appendix C:
`tfgen/models/bigan_networks.py`. What the paper leaves open is as in the
authors' code, github.com/jeffdonahue/bigan: E(x) is squashed into the range of
z, and the generator takes a quarter of the joint latent regressor's regression.

What deviates, and why:
- `shift`, for few images: D sees x and G(z) moved by some pixels (Zhao et al.
  2020, arXiv:2006.10738). Without, D runs away on 8,000 MNIST digits: real and
  made pairs are normalized apart, and it learns to tell whole batches.
- The stochastic encoder is that of Vincent Dumoulin et al.: Adversarially
  Learned Inference. ICLR 2017. arXiv:1606.00704. G stays deterministic.
"""

import dataclasses
from typing import Literal

import tensorflow as tf

from tfgen.bounds import Count, CountOrNone, NotNegative, Sizes, Widths
from tfgen.config import TINY_TRAIN, DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.losses import ADVERSARIAL, kernel_l2
from tfgen.model import Latent, Model, Noise, Player
from tfgen.models import by_size
from tfgen.models.bigan_baselines import autoencoder, latent_regressor
from tfgen.models.bigan_networks import (
    as_made,
    convolutions,
    last_hidden,
    made_shape,
    perceptrons,
)
from tfgen.models.settings import training
from tfgen.nn import shifted

PAPER = "Donahue et al. 2017, arXiv:1605.09782"

# B batch, Z latent dimensions.

# Sections 3 and 4.1; table 1 compares them.
Objective = Literal[
    "bigan",
    "latent_regressor",
    "joint_latent_regressor",
    "autoencoder_l1",
    "autoencoder_l2",
]
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

    objective: Objective = "bigan"
    latent: Count = 50  # Z, uniform in (-1, 1); normal if E is gaussian
    gaussian_encoder: bool = False  # ALI's: z of mean and variance E(x)
    convolutional: bool = False  # C.2; else the perceptrons of C.1
    units: Count = 1024  # C.1: of each of the two hidden layers
    batch_norm: bool = True  # C.1: without parameters, in the second layer
    shift: CountOrNone = 0  # pixels, at most, that D sees x and G(z) moved by
    generator: Widths = (1024, 512, 256, 128)  # C.2: DCGAN's maps
    discriminator: Widths = (128, 256, 512, 1024)
    encoder: Sizes = ()  # C.2: AlexNet, unless maps are named
    kernel: Count = 5  # C.2
    generator_size: int = 0  # pixels a side of G(z), section 3.5; 0: as of x
    inverse: bool = True  # E and G maximize the inverse objective
    weight_decay: NotNegative = 2.5e-5  # of linear layers, appendix C
    optimizer: OptimizerConfig = _ADAM


class BiGAN(Model):
    """A BiGAN for images [B, H, W, C] or vectors [B, D]."""

    simultaneous = True

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        self.joint = config.objective == "bigan"
        self.regresses = config.objective.endswith("regressor")
        # Autoencoders never see a z of the prior.
        if self.joint or self.regresses:
            self.selected_by = "samples"
        Z, gaussian = config.latent, config.gaussian_encoder
        self.latents = {"z": Latent((Z,), "normal" if gaussian else "uniform")}
        names = ("z", "code") if gaussian else ("z",)
        self.noise = dict.fromkeys(names, Noise((Z,)))
        self.made = made_shape(config, spec.shape)
        if config.shift:  # of x and of G(z), down and across
            self.noise["shift"] = Noise((2, 2), "uniform")
        build = convolutions if config.convolutional else perceptrons
        self.generator, self.encoder, discriminator = build(
            config, spec, self.made, self.joint
        )
        if self.joint or self.regresses:
            self.discriminator = discriminator

    def players(self) -> dict[str, Player]:
        """Discriminator, generator and encoder; no D without its game."""
        networks = self.named_networks()
        return {
            name: Player(network.trainable_variables, self.config.optimizer)
            for name in ("discriminator", "generator", "encoder")
            if (network := networks.get(name))
        }

    def per_example_losses(self, batch, training):
        """Returns what each player minimizes, [B]."""
        large = self.to_unit(batch["x"])
        x = as_made(large, self.made)
        z = tf.cast(self.prior(batch["z"])[0], x.dtype)
        if self.regresses:
            losses = latent_regressor(self, batch, x, z, training)
        else:
            code = self._code(large, batch.get("code"), training)
            if self.joint:
                losses = self._game(batch, x, z, code, training)
            else:
                losses = autoencoder(self, x, code, training)
        decay = self.config.weight_decay
        return {
            name: losses[name] + decay * kernel_l2(player.variables)
            for name, player in self.players().items()
        }

    def _game(self, batch, x, z, e_x, training):
        """Eq. 3, and section 3.4 where data and samples change places."""
        g_z = tf.cast(self.generator(z, training=training), x.dtype)
        x, g_z = self.seen(batch, x, g_z)
        real = self.discriminator([x, e_x], training=training)
        fake = self.discriminator([g_z, z], training=training)
        loss = ADVERSARIAL["non_saturating"].discriminator
        V = -loss(real, fake)
        value = loss(fake, real) if self.config.inverse else V
        return {"discriminator": -V, "generator": value, "encoder": value}

    def seen(self, batch, *images):
        """Returns x and G(z) as D sees them, each image moved on its own."""
        if not (most := self.config.shift):
            return images
        places = tf.unstack(batch["shift"], axis=1)
        return [shifted(x, u, most) for x, u in zip(images, places)]

    def _code(self, x, noise=None, training=False):
        """E(x), or a draw of it; without noise, its mean."""
        code = tf.cast(self.encoder(x, training=training), x.dtype)
        if noise is None or not self.config.gaussian_encoder:
            return self._mean(code)
        mean, log_variance = tf.split(code, 2, axis=1)
        return mean + tf.exp(log_variance / 2) * noise

    def _mean(self, output):
        """Of the encoder's output: in the range of z, unless z is normal."""
        if self.config.gaussian_encoder:
            return tf.split(output, 2, axis=1)[0]
        return tf.tanh(output / 2)  # 2 sigmoid(output) - 1

    def per_example_metrics(self, batch):
        """Returns the mean `(x - G(E(x)))^2` in units of [-1, 1], [B]."""
        x = as_made(self.to_unit(batch["x"]), self.made)
        error = tf.square(x - self.to_unit(self.reconstruct(batch["x"])))
        mean = tf.reduce_mean(error, range(1, len(error.shape)))
        return {"reconstruction_l2": mean}

    def encode(self, x):
        """Returns z = E(x), or its mean, [B, Z]; x as the data have it."""
        return tf.cast(self._code(self.to_unit(x)), tf.float32)

    def features(self, x, training=False):
        """Returns layers that tell images apart, name -> [B, F].

        `hidden`, E's layer before its output (C.2: conv5); `output`, E(x); and
        `discriminator`, D's last hidden layer, where D sees images alone.
        """
        x = self.to_unit(x)
        h = last_hidden(self.encoder, x, training)
        found = {"hidden": h, "output": self._mean(self.encoder.layers[-1](h))}
        if self.regresses:
            found["discriminator"] = last_hidden(
                self.discriminator, as_made(x, self.made), training
            )
        return {
            name: tf.cast(tf.reshape(h, [len(x), -1]), tf.float32)
            for name, h in found.items()
        }

    def decode(self, z):
        """Returns x = G(z) of z [B, Z], in (-1, 1) if uniform."""
        return self.from_unit(self.generator(z))

    def reconstruct(self, x):
        """Returns G(E(x)), scaled as x and of the size of G(z)."""
        return self.decode(self.encode(x))


_DIGITS = DataConfig("digits", dequantize=False)
# For few points of a space, a quarter of the paper's rate.
_SLOW = dataclasses.replace(_ADAM, learning_rate=5e-5)


def _digits(objective):
    # With Z = 50, of 64 pixels, samples are half as close to the data. Moved by
    # a pixel, 97.6 % of all images agree with their neighbours, not 95.6 %.
    network = Config(objective, latent=20, units=512, shift=1)
    train = training(4500, 128, every=500, jit_compile=True)  # 400 epochs
    return Preset(network, _DIGITS, train)


def _convolutions(latent, maps, encoder):
    return Config(
        convolutional=True,
        latent=latent,
        generator=maps[::-1],
        discriminator=maps,
        encoder=encoder,
    )


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets'."""
    side, image = by_size.side(spec), len(spec.shape) == 3
    large = side >= 28
    epochs = 400
    if side >= 32 and by_size.halvings(spec.shape) > 1:
        maps = by_size.maps(spec.shape, 128 if side >= 64 else 64)
        network = _convolutions(200, maps, () if side >= 64 else maps)  # C.2
    else:
        network = Config(
            latent=min(50, max(2, spec.size // 3)),
            units=1024 if large else 512,
            optimizer=_ADAM if image or examples >= 10_000 else _SLOW,
        )
        if image and examples < 20_000:
            # Without shifts D runs away from 8,000 MNIST digits.
            shift, epochs = (2, 256) if large else (1, 400)
            network = dataclasses.replace(network, shift=shift)
    jit = {"jit_compile": not network.convolutional}
    train = by_size.training(examples, epochs, 128, 4500, 200_000, **jit)
    return Preset(network, data, train)


PRESETS = {
    "digits": _digits("bigan"),
    # Table 1, MNIST, 1-NN accuracy: BiGAN 97.39.
    "mnist": Preset(
        Config(),
        DataConfig("mnist", dequantize=False),
        training(187_500, 128, every=5000, jit_compile=True),  # 400 epochs
    ),
    "digits_latent_regressor": _digits("latent_regressor"),
    "digits_joint_latent_regressor": _digits("joint_latent_regressor"),
    "digits_autoencoder_l1": _digits("autoencoder_l1"),
    "digits_autoencoder_l2": _digits("autoencoder_l2"),
    # Small convolutional networks in the roles of C.2's.
    "digits_conv": Preset(
        _convolutions(20, (64, 128), (64, 128)),
        _DIGITS,
        training(4000, 128, every=500),
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
        training(940_000, 128, every=10_000),
    ),
    "tiny": Preset(
        Config(latent=3, units=4, batch_norm=False), _DIGITS, TINY_TRAIN
    ),
}

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
- V is the sum of two means, as in the paper. The authors' code halves it, so
  that its weight decay is twice as strong as the same number here.
- `shift`, for few images: D sees x and G(z) moved by some pixels (Zhao et al.
  2020, arXiv:2006.10738). Without, D runs away on 8,000 MNIST digits: real and
  made pairs are normalized apart, and it learns to tell whole batches. Moving
  needs to know where pixels are: table 1 is of "permutation-invariant MNIST".
"""

import dataclasses
from typing import Literal

import tensorflow as tf

from tfgen.bounds import NotNegative
from tfgen.config import TINY_TRAIN, DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.losses import kernel_l2
from tfgen.model import Latent, Model, Noise
from tfgen.models import bidirectional, by_size
from tfgen.models.bigan_baselines import autoencoder, latent_regressor
from tfgen.models.bigan_networks import NetworkConfig, as_made, last_hidden
from tfgen.models.settings import training

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
ADAM = OptimizerConfig(
    learning_rate=2e-4,
    beta_1=0.5,
    schedule="exponential",
    decay_start=0.5,
    final_learning_rate=2e-6,
)


@dataclasses.dataclass(frozen=True)
class Config(NetworkConfig):
    """Settings; the defaults are those of appendix C.1. z is in (-1, 1)."""

    objective: Objective = "bigan"
    inverse: bool = True  # E and G maximize the inverse objective
    weight_decay: NotNegative = 2.5e-5  # of linear layers, appendix C
    optimizer: OptimizerConfig = ADAM


class BiGAN(bidirectional.Bidirectional, Model):
    """A BiGAN for images [B, H, W, C] or vectors [B, D]."""

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        self.joint = config.objective == "bigan"
        self.regresses = config.objective.endswith("regressor")
        # Autoencoders never see a z of the prior.
        if self.joint or self.regresses:
            self.selected_by = "samples"
        Z = config.latent
        self.latents = {"z": Latent((Z,), "uniform")}
        self.noise = {"z": Noise((Z,)), **bidirectional.shifts(config)}
        discriminator = self.make_networks(config.latent, joint=self.joint)
        if self.joint or self.regresses:
            self.discriminator = discriminator
        if not self.joint:
            self.logit = None

    def per_example_losses(self, batch, training):
        """Returns what each player minimizes, [B]."""
        large = self.to_unit(batch["x"])
        x = as_made(large, self.made)
        z = tf.cast(self.prior(batch["z"])[0], x.dtype)
        if self.regresses:
            losses = latent_regressor(self, batch, x, z, training)
        else:
            output = self.encoder(large, training=training)
            code = tf.cast(self.mean_code(output), x.dtype)
            if self.joint:
                inverse = self.config.inverse
                losses = self.game(batch, x, z, code, inverse, training)
            else:
                losses = autoencoder(self, x, code, training)
        decay = self.config.weight_decay
        return {
            name: losses[name] + decay * kernel_l2(player.variables)
            for name, player in self.players().items()
        }

    def mean_code(self, output):
        """Returns what E's network says, in the range of z."""
        return tf.tanh(output / 2)  # 2 sigmoid(output) - 1

    def features(self, x, training=False):
        """Returns layers that tell images apart, name -> [B, F].

        Those of `Bidirectional`; and `discriminator`, D's last hidden layer,
        where D sees images alone.
        """
        found = super().features(x, training)
        if self.regresses:
            x = as_made(self.to_unit(x), self.made)
            h = last_hidden(self.discriminator, x, training)
            found |= bidirectional.flat({"discriminator": h})
        return found


_DIGITS = DataConfig("digits", dequantize=False)
# For few points of a space, a quarter of the paper's rate.
_SLOW = dataclasses.replace(ADAM, learning_rate=5e-5)


def _digits(objective):
    # With Z = 50, of 64 pixels, samples are half as close to the data. Moved by
    # a pixel, 97.6 % of all images agree with their neighbours, not 95.6 %.
    network = Config(objective=objective, latent=20, units=512, shift=1)
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
            optimizer=ADAM if image or examples >= 10_000 else _SLOW,
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

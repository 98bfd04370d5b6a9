"""UNIT: unsupervised translation by one latent space of two domains.

Ming-Yu Liu, Thomas Breuel, Jan Kautz: Unsupervised Image-to-Image Translation
Networks. NIPS 2017. arXiv:1703.00848.

    q_i(z|x_i) = N(E_i(x_i), I), p(z) = N(0, I)
    L_VAE_i = l_1 KL(q_i(z|x_i) | p) - l_2 E log p_Gi(x_i|z)         (eq. 3)
    L_GAN_i = l_0 E log D_i(x_i) + l_0 E log(1 - D_i(G_i(z_j)))      (eq. 5)
    L_CC_i  = l_3 KL(q_i(z|x_i) | p) + l_3 KL(q_j(z|x_i->j) | p)
              - l_4 E log p_Gi(x_i|z_i->j)                           (eq. 6)

p_G is Laplace's: an L1 distance. The last layers of both encoders are the same,
and the first of both decoders. Translations are of the mean, without noise.

What deviates, and why:
- KL and distances are means over numbers, as in the authors' code, so that
  weights do not depend on sizes; theirs has no half in KL, ours is the KL.
- Instance norm and `doubling` are those of CycleGAN's networks.
- Checkpoints are chosen as CycleGAN's.
"""

import dataclasses

import keras
import tensorflow as tf

from tfgen.bounds import Count, CountOrNone, NotNegative, Widths
from tfgen.config import TINY_TRAIN, DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import TwoDomainDataConfig
from tfgen.losses import ADVERSARIAL
from tfgen.model import Model, Noise
from tfgen.models import adversarial, by_size, two_domains
from tfgen.models.settings import training
from tfgen.nn import patch_gan
from tfgen.nn.residual_generator import (
    Doubling,
    ResidualBlock,
    check,
    down,
    sides,
    up,
)

PAPER = "Liu et al. 2017, arXiv:1703.00848"

# B batch, H W C picture, z [h, w, Z].

# Section 4: "learning rate 0.0001 and momentums 0.5 and 0.999".
_ADAM = OptimizerConfig(learning_rate=1e-4, beta_1=0.5)


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; weights are the paper's, section 4."""

    maps: Widths = (64, 128, 256)  # the last is Z
    blocks: CountOrNone = 3  # residual, of each domain's encoder and decoder
    shared: Count = 1  # residual, of both domains' encoder, and decoder
    doubling: Doubling = "transposed"
    patch: Count = 70  # pixels a side that D's see
    discriminator: Count = 64  # maps of their first layer
    loss: adversarial.Loss = "non_saturating"
    adversarial: NotNegative = 10.0  # l_0
    kl: NotNegative = 0.1  # l_1 and l_3
    likelihood: NotNegative = 100.0  # l_2 and l_4
    generator_optimizer: OptimizerConfig = _ADAM
    discriminator_optimizer: OptimizerConfig = _ADAM


class UNIT(Model):
    """E_1, G_1, D_1 of x, and `…_back` of y, [B, H, W, C]."""

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        c, Z = config, config.maps[-1]
        self.of = x, y = two_domains.domains(spec)
        two_domains.last_without_pairs(self, y)
        check(x.shape, c.maps)
        self.other_sides = sides(c.maps)
        top, bottom = (
            [ResidualBlock(Z) for _ in range(c.shared)] for _ in range(2)
        )

        def coders(field):
            own = [[ResidualBlock(Z) for _ in range(c.blocks)] for _ in "eg"]
            picture = keras.layers.Input((None, None, field.shape[-1]))
            E = keras.Sequential([picture, *down(c.maps), *own[0], *top])
            G = [*bottom, *own[1], *up(c.maps, field.shape[-1], c.doubling)]
            z = keras.layers.Input((None, None, Z))
            return E, keras.Sequential([z, *G])

        self.encoder, self.decoder = coders(x)
        self.encoder_back, self.decoder_back = coders(y)
        self.discriminator_back, self.discriminator = (
            patch_gan(field.shape, c.patch, c.discriminator) for field in (x, y)
        )
        # Of x or y, and of its translation.
        height, width = (
            side // self.other_sides.multiple for side in x.shape[:2]
        )
        noise = Noise((2, height, width, Z))
        self.noise = {"epsilon": noise, "epsilon_back": noise}

    def players(self):
        """Both D's move first, then all encoders and decoders."""
        return two_domains.players(self, ("encoder", "decoder"))

    def translate(self, x: tf.Tensor) -> tf.Tensor:
        """Returns y = G_2(E_1(x)), in its gray levels."""
        x = two_domains.unit(x, self.of[0])
        return two_domains.levels(
            self.decoder_back(self.encoder(x)), self.of[1]
        )

    def translate_back(self, y: tf.Tensor) -> tf.Tensor:
        """Returns x = G_1(E_2(y)), likewise."""
        y = two_domains.unit(y, self.of[1])
        return two_domains.levels(
            self.decoder(self.encoder_back(y)), self.of[0]
        )

    def generate(self, batch, training):
        """Returns means and samples of z of x and y, and translations."""
        x, y = (two_domains.unit(batch[f.name], f) for f in self.of)
        means = _exactly(self.encoder(x), self.encoder_back(y), of=x)
        z = [m + batch[n][:, 0] for m, n in zip(means, self.noise)]
        made = self.decoder_back(z[0]), self.decoder(z[1])
        return {"mean": means, "z": z, "made": made}

    def per_example_losses(self, batch, training):
        """Returns what both D's, and all coders minimize, [B]."""
        c, found = self.config, batch["generated"]
        loss, distance = ADVERSARIAL[c.loss], two_domains.distance
        x, y = (two_domains.unit(batch[f.name], f) for f in self.of)
        (made_y, made_x), (z_x, z_y) = found["made"], found["z"]
        again = _exactly(self.encoder_back(made_y), self.encoder(made_x), of=x)
        z_xy, z_yx = (
            m + batch[name][:, 1] for m, name in zip(again, self.noise)
        )
        same = distance(self.decoder(z_x), x)
        same += distance(self.decoder_back(z_y), y)
        cycle = distance(self.decoder(z_xy), x)
        cycle += distance(self.decoder_back(z_yx), y)
        own, others = (sum(map(_kl, means)) for means in (found["mean"], again))
        D, D_back = self.discriminator, self.discriminator_back
        deceived = two_domains.deceived(loss, D, made_y, training)
        deceived += two_domains.deceived(loss, D_back, made_x, training)
        return {
            "discriminator": two_domains.game(loss, D, y, made_y, training)
            + two_domains.game(loss, D_back, x, made_x, training),
            "generator": c.adversarial * deceived
            + c.kl * (2 * own + others)
            + c.likelihood * (same + cycle),
            "cycle": cycle / 4,
            "kl": own / 2,
        }

    def per_example_metrics(self, batch):
        """Returns |y - G_2(E_1(x))| of pairs and the cycle's error, [B]."""
        return two_domains.metrics(self, batch)


def _exactly(*means: tf.Tensor, of: tf.Tensor) -> list[tf.Tensor]:
    """Returns them in the data's type: 8 bits are too coarse for KL."""
    return [tf.cast(mean, of.dtype) for mean in means]


def _kl(mean: tf.Tensor) -> tf.Tensor:
    """Returns KL(N(mean, I) | N(0, I)) a number of z, in nats, [B]."""
    return 0.5 * tf.reduce_mean(tf.square(mean), axis=[1, 2, 3])


def auto(spec: DataSpec, examples: int, data: TwoDomainDataConfig) -> Preset:
    """Returns settings for other data than the presets'."""
    large = by_size.side(spec) >= 64
    config = Config(
        (64, 128, 256) if large else (32, 64),
        3 if large else 1,
        doubling="resize",
        patch=two_domains.patch_for(spec),
        discriminator=64 if large else 32,
    )
    train = by_size.training(examples, 200, 1 if large else 8, 5000, 200_000)
    return Preset(config, data, train)


_SMALL = Config((16, 32), 1, doubling="resize", patch=7, discriminator=32)

PRESETS = {
    # A classifier of translations is right of 96, 42 and 8 % of the target, by
    # seed; one of the source of 16 %: nothing says which map is the right one.
    "inverted_digits": Preset(
        _SMALL,
        TwoDomainDataConfig("inverted_digits", unpaired=True),
        training(3000, 16, every=500),
    ),
    "scenes": Preset(
        dataclasses.replace(_SMALL, patch=16),
        TwoDomainDataConfig("scenes", image_size=16, unpaired=True),
        training(4000, 8, every=500),
    ),
    "tiny": Preset(
        Config((2,), 0, patch=7, discriminator=2, likelihood=10.0),
        TwoDomainDataConfig("inverted_digits", unpaired=True),
        TINY_TRAIN,
    ),
}

"""SimGAN: drawn pictures refined until they look real.

Ashish Shrivastava, Tomas Pfister, Oncel Tuzel, Josh Susskind, Wenda Wang,
Russell Webb: Learning from Simulated and Unsupervised Images through
Adversarial Training. CVPR 2017. arXiv:1612.07828.

    L_R = -sum log(1 - D(R(x))) + lambda |R(x) - x|_1         (eq. 1, 3 and 4)
    L_D = -sum log D(R(x)) - sum log(1 - D(y))                       (eq. 2)

D is the probability of a patch to be refined; x are synthetic and keep their
labels, y are real. R begins with the distance to x alone. Half of the refined
pictures that D sees are of steps before (2.3).

What deviates, and why:
- Losses are means over patches and values of [-1, 1], not sums, so that lambda
  does not depend on sizes.
- A coin decides of each picture whether D sees one of before, and whether it is
  kept (`tfgen.nn.ImagePool`): half of them, on average.
- R moves `refiner_steps` times for each step of D, 2 by default: the paper's 50
  often ends with refined pictures that are all alike.
- While R begins, D learns already; the paper's D begins after R's 1,000 steps,
  with 200 of its own. Both have Adam; the paper, gradient descent of rate .001.
- The distance is of pixels alone; the paper also has it of other features.
- R's residual blocks have instance norm, and D is pix2pix's.
- Checkpoints are chosen by the L1 distance to held-out pairs, where there are
  some; else the last is kept.
"""

import dataclasses

import keras
import tensorflow as tf

from tfgen.bounds import Count, CountOrNone, NotNegative
from tfgen.config import TINY_TRAIN, DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import TwoDomainDataConfig
from tfgen.losses import ADVERSARIAL
from tfgen.model import Model, Noise, Player
from tfgen.models import adversarial, by_size, two_domains
from tfgen.models.settings import training
from tfgen.nn import ImagePool, initializer, patch_gan
from tfgen.nn.any_size import Sides
from tfgen.nn.residual_generator import ReflectionPadding, ResidualBlock

PAPER = "Shrivastava et al. 2017, arXiv:1612.07828"

# B batch, H W C picture.

_ADAM = OptimizerConfig(learning_rate=2e-4, beta_1=0.5)


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; networks are those of the paper's eyes, appendix."""

    maps: Count = 64  # of R
    blocks: Count = 4  # residual, of R
    patch: Count = 16  # pixels a side that D sees
    discriminator: Count = 64  # maps of its first layer
    loss: adversarial.Loss = "non_saturating"
    l1: NotNegative = 1.0  # lambda
    refiner_steps: Count = 2  # K_g
    warm_up: CountOrNone = 1000  # steps of R with the distance alone
    pool: CountOrNone = 50  # pictures of steps before
    refiner_optimizer: OptimizerConfig = _ADAM
    discriminator_optimizer: OptimizerConfig = _ADAM


class SimGAN(Model):
    """R of synthetic pictures x [B, H, W, C], and D of real ones y."""

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        self.of = x, y = two_domains.domains(spec)
        two_domains.check_same(x, y, "data")
        two_domains.last_without_pairs(self, y)
        C, layers = x.shape[-1], keras.layers

        def conv(maps, kernel, activation):
            return layers.Conv2D(
                maps,
                kernel,
                activation=activation,
                kernel_initializer=initializer(),
            )

        self.refiner = keras.Sequential(
            [
                layers.Input((None, None, C)),
                ReflectionPadding(1),
                conv(config.maps, 3, "relu"),
                *(ResidualBlock(config.maps) for _ in range(config.blocks)),
                conv(C, 1, "tanh"),
            ]
        )
        self.other_sides = Sides(1, 2)
        self.discriminator = patch_gan(
            y.shape, config.patch, config.discriminator
        )
        if config.pool:
            self.history = ImagePool(config.pool, x.shape)
            self.noise = {"pool": Noise((2,), "uniform")}

    def players(self):
        """D moves at the last of `refiner_steps` steps, R at each."""
        c = self.config
        return {
            "discriminator": Player(
                self.discriminator.trainable_variables,
                c.discriminator_optimizer,
                every=c.refiner_steps,
            ),
            "refiner": Player(
                self.refiner.trainable_variables, c.refiner_optimizer
            ),
        }

    def translate(self, x: tf.Tensor) -> tf.Tensor:
        """Returns R(x), in gray levels of y."""
        return two_domains.applied(self.refiner, x, *self.of)

    def generate(self, batch, training):
        """Returns R(x), and what D sees of it and before."""
        x = two_domains.unit(batch["x"], self.of[0])
        made = self.refiner(x, training=training)
        shown = made
        if training and self.config.pool:
            shown = self.history.exchange(made, batch["pool"], batch["step"])
        return {"made": made, "shown": shown}

    def per_example_losses(self, batch, training):
        """Returns what each player minimizes, [B]; eqs. 2 and 4."""
        c, (x, y) = self.config, self.of
        x, y = (two_domains.unit(batch[f.name], f) for f in (x, y))
        made, shown = (batch["generated"][n] for n in ("made", "shown"))
        loss, D = ADVERSARIAL[c.loss], self.discriminator
        step = batch.get("step", tf.fill([tf.shape(x)[0]], c.warm_up))
        plays = tf.cast(step >= c.warm_up, x.dtype)
        distance = two_domains.distance(made, x)
        deceived = two_domains.deceived(loss, D, made, training)
        return {
            "discriminator": two_domains.game(loss, D, y, shown, training),
            "refiner": plays * deceived + c.l1 * distance,
            "l1_x": distance / 2,
        }

    def per_example_metrics(self, batch):
        """Returns |y - R(x)| of pairs, and L_R, [B]."""
        y, made = self.of[1], self.translate(batch["x"])
        found = self.per_example_losses(
            self.with_generated(batch, training=False), training=False
        )
        pairs = {"l1": two_domains.error(made, batch["y"], y)}
        pairs = pairs if y.paired != "never" else {}
        return {**pairs, "refiner": found["refiner"]}


def auto(spec: DataSpec, examples: int, data: TwoDomainDataConfig) -> Preset:
    """Returns settings for other data than the presets'."""
    small = by_size.side(spec) < 32
    maps = 32 if small else 64
    patch = min(16, two_domains.patch_for(spec))
    config = Config(maps, patch=patch, discriminator=maps)
    train = by_size.training(examples, 100, 16, 4000, 100_000)
    return Preset(config, data, train)


PRESETS = {
    # A classifier of refined digits is right of 71 % of the camera's, one of
    # synthetic digits of 13 %: --table=sim_gan.
    "textured_digits": Preset(
        Config(16, 2, patch=7, discriminator=32, l1=0.2, warm_up=300),
        TwoDomainDataConfig("textured_digits", unpaired=True),
        training(3000, 16, every=500),
    ),
    "tiny": Preset(
        Config(2, 1, 7, 2, warm_up=1, pool=3),
        TwoDomainDataConfig("textured_digits", unpaired=True),
        TINY_TRAIN,
    ),
}

"""pix2pix: pictures from pictures, learned from pairs.

Phillip Isola, Jun-Yan Zhu, Tinghui Zhou, Alexei A. Efros: Image-to-Image
Translation with Conditional Adversarial Networks. CVPR 2017. arXiv:1611.07004.

    L_cGAN(G, D) = E log D(x, y) + E log(1 - D(x, G(x, z)))         (eq. 1)
    L_L1(G)      = E |y - G(x, z)|_1                                 (eq. 3)
    min_G max_D  L_cGAN(G, D) + lambda L_L1(G)                       (eq. 4)

G is a U-Net, D a classifier of patches. z is dropout, at test time, too:
`translate_with_noise` takes its random numbers, `translate` drops nothing.

What deviates, and why:
- Instance normalization in the place of statistics of the batch: a row is
  translated alike in any batch. The paper's batches are mostly of one example,
  where both are the same. It is left out on maps of one place, which it would
  erase (the paper's errata).
- The L1 distance is a mean over values of [-1, 1], as in the authors' code.
- D sees zeros around pictures such that it has as many logits as cells: of 256
  pixels and patches of 70, 32 x 32 and not 30 x 30.
- With `noise_maps`, z is also maps beside x, one number each: on scenes of two
  colours G hardly listens to dropout. `r1` is a penalty on D that damps a game
  that goes round.
- x of another size than y is resized to y's first, bilinearly.
- The last weights are kept, as in the paper: the L1 distance on held-out pairs
  would choose those that blur. Without a game it does choose.
"""

import dataclasses
import math
from typing import Literal

import tensorflow as tf

from tfgen.bounds import Count, CountOrNone, NotNegative, Share, Widths
from tfgen.config import TINY_TRAIN, DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import TwoDomainDataConfig
from tfgen.losses import ADVERSARIAL, squared_gradient
from tfgen.model import Model, Noise, Player
from tfgen.models import adversarial, by_size, two_domains
from tfgen.models.settings import training
from tfgen.nn import patch_gan, unet
from tfgen.nn.unet import dropped, sides

PAPER = "Isola et al. 2017, arXiv:1611.07004"

# B batch, H W C picture, N places that dropout sees.

# Section 3.3: "a learning rate of 0.0002", "beta_1 = 0.5".
_ADAM = OptimizerConfig(learning_rate=2e-4, beta_1=0.5)


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the defaults are the paper's for 256 x 256."""

    # Of the U-Net's way down, 6.1.1: down to one place.
    maps: Widths = (64, 128, 256, 512, 512, 512, 512, 512)
    dropout: Share = 0.5
    dropout_blocks: CountOrNone = 3  # of the way up, from the bottom on
    # Maps beside x, each of one number from U(-1, 1); 0 in `translate`.
    noise_maps: CountOrNone = 0
    patch: Count = 70  # pixels a side that D sees, 6.1.2
    discriminator: Count = 64  # maps of its first layer
    discriminator_norm: bool = True  # of each picture; small ones need none
    game: Literal["conditional", "unconditional", "none"] = "conditional"
    loss: adversarial.Loss = "non_saturating"
    l1: NotNegative = 100.0  # lambda
    r1: NotNegative = 0.0  # gamma of Mescheder et al. 2018, eq. 9
    generator_optimizer: OptimizerConfig = _ADAM
    discriminator_optimizer: OptimizerConfig = _ADAM


class Pix2Pix(Model):
    """G(x, z) of pictures x [B, H, W, C], and D(x, y)."""

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        x, self.of_y = two_domains.domains(spec, one_size=False)
        *size, colours = self.of_y.shape
        self.generator = unet(
            (*size, x.shape[2] + config.noise_maps),
            config.maps,
            colours,
            config.dropout_blocks,
        )
        if x.shape[:2] == (*size,):
            self.other_sides = sides(x.shape, config.maps)
        self._dropped = dropped(
            self.of_y.shape, config.maps, config.dropout_blocks
        )
        self.dropped = sum(map(math.prod, self._dropped))  # N
        if numbers := self.dropped + config.noise_maps:
            self.noise = {"dropout": Noise((numbers,), "uniform")}
        else:
            self.translate_with_noise = None
        if config.game != "none":
            self.selected_by = "last"
            seen = colours + (config.game == "conditional") * x.shape[-1]
            self.discriminator = patch_gan(
                (*size, seen),
                config.patch,
                config.discriminator,
                config.discriminator_norm,
            )

    def players(self):
        """D moves first, then G."""
        if self.config.game != "none":
            return adversarial.players(self)
        G = self.generator.trainable_variables
        return {"generator": Player(G, self.config.generator_optimizer)}

    def translate(self, x: tf.Tensor) -> tf.Tensor:
        """Returns y = G(x) without dropout, in its gray levels."""
        x = self._read(x)
        kept = [tf.ones([1, 1, 1, C], x.dtype) for *_, C in self._dropped]
        z = tf.zeros([1, self.config.noise_maps], x.dtype)
        y = self.generator([_beside(x, z), *kept])
        return two_domains.levels(y, self.of_y)

    def translate_with_noise(
        self, x: tf.Tensor, dropout: tf.Tensor
    ) -> tf.Tensor:
        """Returns y = G(x, z), in its gray levels.

        Args:
          x: [B, H, W, C].
          dropout: uniform in [0, 1): of dropout, then of maps, [B, N + maps].
        """
        return two_domains.levels(self._made(x, dropout, False), self.of_y)

    def _read(self, x):
        """Returns x in [-1, 1], of y's height and width."""
        x = two_domains.unit(x, self.spec.x)
        if self.other_sides:
            return x
        return tf.image.resize(x, self.of_y.shape[:2])

    def _made(self, x, dropout, training):
        x, rate = self._read(x), self.config.dropout
        kept = tf.cast(dropout[:, : self.dropped] >= rate, x.dtype) / (1 - rate)
        z = tf.cast(2 * dropout[:, self.dropped :] - 1, x.dtype)
        inputs, start = [_beside(x, z)], 0
        for shape in self._dropped:
            end = start + math.prod(shape)
            inputs.append(tf.reshape(kept[:, start:end], [-1, *shape]))
            start = end
        return self.generator(inputs, training=training)

    def generate(self, batch, training):
        """Returns G(x, z), [B, H, W, C] in [-1, 1]."""
        nothing = tf.zeros([tf.shape(batch["x"])[0], 0])
        noise = batch.get("dropout", nothing)
        return self._made(batch["x"], noise, training)

    def per_example_losses(self, batch, training):
        """Returns what each player minimizes, [B]; eq. 4."""
        x, y = self._read(batch["x"]), two_domains.unit(batch["y"], self.of_y)
        fake = tf.cast(batch["generated"], y.dtype)
        l1 = two_domains.distance(fake, y)
        if self.config.game == "none":
            return {"generator": self.config.l1 * l1, "l1": l1 / 2}
        if self.config.game == "conditional":
            y, fake = (tf.concat([x, picture], -1) for picture in (y, fake))
        loss, D = ADVERSARIAL[self.config.loss], self.discriminator
        judged = two_domains.game(loss, D, y, fake, training)
        if self.config.r1:
            slope = squared_gradient(lambda y: tf.reduce_mean(D(y), 1), y)
            judged += 0.5 * self.config.r1 * slope
        deceived = two_domains.deceived(loss, D, fake, training)
        return {
            "discriminator": judged,
            "generator": deceived + self.config.l1 * l1,
            "l1": l1 / 2,
        }

    def per_example_metrics(self, batch):
        """Returns |y - G(x)|, of black and white 1, [B]."""
        made = self.translate(batch["x"])
        return {"l1": two_domains.error(made, batch["y"], self.of_y)}


def _beside(x, z):
    """[B, H, W, C] and [B, maps] -> [B, H, W, C + maps]."""
    if not z.shape[1]:
        return x
    maps = tf.zeros_like(x[..., :1]) + z[:, None, None]
    return tf.concat([x, maps], -1)


def auto(spec: DataSpec, examples: int, data: TwoDomainDataConfig) -> Preset:
    """Returns settings for other data than the presets'.

    A U-Net down to one place, or as far as sides can be halved; patches of a
    quarter of the picture to all of it.
    """
    shapes = {field.name: field.shape for field in (spec.x, *spec.fields)}
    first = 64 if by_size.side(spec) >= 64 else 32
    count = max(1, by_size.halvings(shapes.get("y", spec.shape), 1))
    maps = tuple(min(first << i, 8 * first) for i in range(count))
    patch = two_domains.patch_for(spec)
    config = Config(maps, patch=patch, discriminator=first)
    batch_size = 1 if by_size.side(spec) >= 128 else 16
    train = by_size.training(examples, 200, batch_size, 3000, 100_000)
    return Preset(config, data, train)


_SMALL = Config((32, 64, 128, 128), patch=16, discriminator=32)
_TRAIN = training(3000, 16, every=500)
_FALLING = dataclasses.replace(_ADAM, learning_rate=2e-3, schedule="linear")

PRESETS = {
    "scenes": Preset(
        _SMALL, TwoDomainDataConfig("scenes", image_size=16), _TRAIN
    ),
    # The distance alone makes purple, or one colour. By the game without R1
    # every shape is red, and soon every one blue; R1 holds D where both are as
    # many, and falling rates let colours settle.
    "two_coloured_scenes": Preset(
        dataclasses.replace(
            _SMALL,
            noise_maps=4,
            discriminator_norm=False,
            l1=0.3,
            r1=0.3,
            generator_optimizer=_FALLING,
            discriminator_optimizer=_FALLING,
        ),
        TwoDomainDataConfig("two_coloured_scenes", image_size=16),
        training(8000, 16, every=1000),
    ),
    "thinned_digits": Preset(
        Config((32, 64, 64), patch=7, discriminator=32),
        TwoDomainDataConfig("thinned_digits"),
        _TRAIN,
    ),
    # Labels -> photographs, 6.2: 400 pairs, 200 epochs, batches of one; "random
    # jitter was applied by resizing [...] to 286 x 286", and mirroring.
    "facades": Preset(
        Config(),
        TwoDomainDataConfig(
            "paired:facades",
            direction="b_to_a",
            image_size=256,
            crop_margin=30,
            flip=True,
        ),
        training(80_000, 1, every=4000),
    ),
    "tiny": Preset(
        Config((3, 4, 4), dropout_blocks=1, patch=7, discriminator=3),
        TwoDomainDataConfig("thinned_digits"),
        TINY_TRAIN,
    ),
}

"""StackGAN: pictures from what is said of them, in two stages.

Han Zhang, Tao Xu, Hongsheng Li, Shaoting Zhang, Xiaogang Wang, Xiaolei Huang,
Dimitris Metaxas: StackGAN: Text to Photo-realistic Image Synthesis with Stacked
Generative Adversarial Networks. ICCV 2017. arXiv:1612.03242.

    c_0 ~ N(mu_0(phi), diag sigma_0(phi)^2)          (conditioning augmentation)
    L_D0 = E log D_0(I_0, phi) + E log(1 - D_0(G_0(z, c_0), phi))      (eq. 3)
    L_G0 = E -log D_0(G_0(z, c_0), phi) + lambda KL(c_0 || N(0, 1))    (eq. 4)

phi is what is known of the text: words, one by one. Stage I makes small
pictures; stage II, with c and D of its own, makes large ones of the small ones
and phi (eqs. 5 and 6), once stage I has been trained. D also learns pictures of
other texts, as half of what is none (section 3.4: "matching-aware").

What deviates, and why:
- phi are the words, each 0 or 1, not a recurrent network's encoding: what the
  data's attributes, label or columns are.
- The KL term is a mean over the numbers of c, as in the authors' code
  (hanzhanggit/StackGAN); a sum would leave a small c nothing to say.
- mu and sigma are each half of one layer, with a leaky rectifier, as there.
- A picture of another row whose text is the same is no wrong pair: it does not
  count. Of few words there are many.
- Networks have fewer layers for smaller pictures.
- Adam's rates are constant; the paper halves them every 100 epochs.
- z is one latent with the noise of both c's, so that `decode` is a function.
"""

import dataclasses

import tensorflow as tf

from tfgen.bounds import Count, CountOrNone, NotNegative
from tfgen.config import TINY_TRAIN, DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.errors import UserError
from tfgen.losses import ADVERSARIAL
from tfgen.model import Latent, Model, Noise, Player
from tfgen.models import by_size, conditions
from tfgen.models.settings import training
from tfgen.models.wrong_pairs import against_wrong_pairs, others
from tfgen.nn.stacked_stages import (
    augmentation,
    first_generator,
    matching_discriminator,
    second_generator,
)

PAPER = "Zhang et al. 2017, arXiv:1612.03242"

# B batch, Z noise, N numbers of c, H W C picture.

# Section 4.2: Adam, "initial learning rate of 0.0002"; beta_1 of the code.
_ADAM = OptimizerConfig(learning_rate=2e-4, beta_1=0.5)


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the defaults are the paper's for 256 x 256."""

    latent: Count = 100  # N_z
    condition: Count = 128  # N_g, and N_d
    ratio: CountOrNone = 4  # of stage II's side and stage I's; 0: one stage
    generator: Count = 128  # maps of G's last layers
    discriminator: Count = 64  # maps of D's first layer
    blocks: Count = 4  # residual ones of stage II
    augmentation: bool = True  # else c = mu
    wrong_pairs: bool = True
    kl: NotNegative = 1.0  # lambda
    # Of stage I; then stage II is trained. 0: both at once.
    first_steps: CountOrNone = 80_000
    generator_optimizer: OptimizerConfig = _ADAM
    discriminator_optimizer: OptimizerConfig = _ADAM


class StackGAN(Model):
    """G and D of each stage, for pictures [B, H, W, C]."""

    selected_by = "samples"

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        self.conditions = conditions.fields(spec)
        size, c = conditions.width(self), config.condition
        height, width, colours = spec.shape
        shapes = [spec.shape]
        if ratio := config.ratio:
            if ratio < 2 or height % ratio or width % ratio:
                raise UserError(
                    f"network.ratio={ratio}: expected 0, or a divisor of"
                    f" {height} x {width} from 2 on."
                )
            shapes.insert(0, (height // ratio, width // ratio, colours))
        self.sizes = [config.latent, *(c for _ in shapes)]
        self.latents = {"z": Latent((sum(self.sizes),))}
        self.noise = {"z": Noise((sum(self.sizes),))}
        inputs = config.latent + c
        first, *rest = shapes
        inputs = config.latent + c
        self.generators = [first_generator(inputs, first, config.generator)]
        self.generators += [
            second_generator(c, first, shape, config.generator, config.blocks)
            for shape in rest
        ]
        self.augmentations = [augmentation(size, c) for _ in shapes]
        self.discriminators = [
            matching_discriminator(shape, size, c, config.discriminator)
            for shape in shapes
        ]

    def players(self):
        """D and G of stage I, then of stage II."""
        config, found = self.config, {}
        stages = zip(self.discriminators, self.generators, self.augmentations)
        last = len(self.generators) - 1
        for i, (D, G, augment) in enumerate(stages):
            ends = {
                "since": config.first_steps if i else 0,
                "until": None if i == last else config.first_steps or None,
            }
            variables = G.trainable_variables + augment.trainable_variables
            found[f"discriminator_{i + 1}"] = Player(
                D.trainable_variables, config.discriminator_optimizer, **ends
            )
            found[f"generator_{i + 1}"] = Player(
                variables, config.generator_optimizer, **ends
            )
        return found

    def generate(self, batch, training):
        """Returns the pictures of each stage, and KL of its c [B]."""
        phi = conditions.vector(self, batch)
        z, *noise = tf.split(batch["z"], self.sizes, axis=1)
        x, found = None, []
        networks = zip(self.augmentations, self.generators, noise)
        for augment, G, epsilon in networks:
            h = tf.cast(augment(phi), phi.dtype)
            mu, log_sigma = tf.split(h, 2, axis=1)
            c = mu
            if self.config.augmentation:
                c = mu + tf.exp(log_sigma) * epsilon
            inputs = tf.concat([c, z], axis=1) if x is None else [x, c]
            x = G(inputs, training=training)
            found.append((x, _kl(mu, log_sigma)))
        return found

    def decode(self, z: tf.Tensor, **given: tf.Tensor) -> tf.Tensor:
        """Returns the last stage's pictures [B, H, W, C], in gray levels.

        Args:
          z: noise and that of each c, [B, Z + 2 N], or Z + N of one stage.
          **given: what is known of the text.
        """
        (*_, (x, _)) = self.generate({"z": z, **given}, training=False)
        return self.from_unit(x)

    def per_example_losses(self, batch, training):
        """Returns what each player minimizes, [B]; eqs. 3 to 6."""
        config, loss = self.config, ADVERSARIAL["non_saturating"]
        phi = conditions.vector(self, batch)
        large = self.to_unit(batch["x"])
        found = {}
        stages = zip(self.discriminators, batch["generated"])
        for i, (D, (fake, kl)) in enumerate(stages, start=1):
            x = _averaged(large, fake.shape[1])
            real = D([x, phi], training=training)
            made = D([fake, phi], training=training)
            wrong = None
            if config.wrong_pairs:
                wrong = D([others(x), phi], training=training)
            found[f"discriminator_{i}"] = against_wrong_pairs(
                loss, real, made, wrong, phi
            )
            total = loss.generator(made)
            if config.augmentation:
                total += config.kl * kl
            found[f"generator_{i}"] = total
        return found

    def per_example_metrics(self, batch):
        """Returns -log D(I, phi) of data, by the last D, in nats [B]."""
        phi = conditions.vector(self, batch)
        logits = self.discriminators[-1]([self.to_unit(batch["x"]), phi])
        return {"discriminator_nats": tf.nn.softplus(-logits)}


def _kl(mu: tf.Tensor, log_sigma: tf.Tensor) -> tf.Tensor:
    """KL(N(mu, sigma^2) || N(0, 1)), the mean over numbers, [B]."""
    of_each = tf.exp(2 * log_sigma) + tf.square(mu) - 1 - 2 * log_sigma
    return tf.reduce_mean(of_each, axis=1) / 2


def _averaged(x: tf.Tensor, height: int) -> tf.Tensor:
    """Pictures of so many rows: means of squares of pixels."""
    ratio = x.shape[1] // height
    return x if ratio == 1 else tf.nn.avg_pool2d(x, ratio, ratio, "VALID")


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets'.

    Two stages from 32 pixels a side on.
    """
    side = by_size.side(spec)
    ratio = 0 if side < 32 else 2 if side < 128 else 4
    width = 32 if side < 64 else 64
    train = by_size.training(examples, 200, 64, 6000, 200_000)
    config = Config(
        by_size.latent(spec.size),
        32,
        ratio,
        width,
        width,
        blocks=2,
        first_steps=train.steps // 2,
    )
    return Preset(config, data, train)


_CAPTIONED = DataConfig("captioned_scenes", dequantize=False)

PRESETS = {
    # Stage I alone (ratio=0, image_size=16): every word of 20 % of unseen
    # combinations, 42 % of those seen, is right (3 seeds).
    "captioned_scenes": Preset(
        Config(
            16,
            16,
            2,
            32,
            16,
            blocks=1,
            first_steps=3000,
            generator_optimizer=dataclasses.replace(_ADAM, learning_rate=1e-3),
            discriminator_optimizer=dataclasses.replace(
                _ADAM, learning_rate=5e-4
            ),
        ),
        _CAPTIONED,
        training(6000, 32, every=1000),
    ),
    # Birds and flowers, section 4.2: "first 600 epochs, then another 600", of
    # batches of 64.
    "paper": Preset(
        Config(),
        dataclasses.replace(
            _CAPTIONED, name="image_folder:birds", image_size=256
        ),
        training(160_000, 64, every=5000),
    ),
    "tiny": Preset(
        Config(3, 2, 2, 4, 2, blocks=1, first_steps=0),
        dataclasses.replace(_CAPTIONED, num_examples=200, image_size=16),
        TINY_TRAIN,
    ),
}

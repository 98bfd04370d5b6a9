"""Deep convolutional generative adversarial networks.

Alec Radford, Luke Metz, Soumith Chintala: Unsupervised Representation Learning
with Deep Convolutional Generative Adversarial Networks. ICLR 2016.
arXiv:1511.06434.

The guidelines of section 3: strided convolutions instead of pooling, batch
normalization in both players (not in the generator's output and the
discriminator's input), no hidden fully connected layers, ReLU in the generator
and tanh at its end, leaky ReLU in the discriminator.

What deviates: the epsilons are Keras's, 1e-3 of batch normalization and 1e-7 of
Adam; of the first, Torch, which the authors used, has 1e-5. The loss can be any
of `tfgen.losses.ADVERSARIAL`, and a conditional form (label, attributes) is
that of later papers, see `tfgen/models/conditional_game.py`.
"""

import dataclasses

from tfgen.bounds import Count, Widths
from tfgen.config import TINY_TRAIN, DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.model import Latent, Model, Noise
from tfgen.models import (
    adversarial,
    by_size,
    conditional_game,
    conditions,
    techniques,
)
from tfgen.models.settings import training
from tfgen.models.techniques import Techniques
from tfgen.nn import (
    FusedBatchNorm,
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

    latent: Count = 100  # Z, uniform in (-1, 1), figure 1
    generator: Widths = (1024, 512, 256, 128)  # maps, figure 1
    discriminator: Widths = (128, 256, 512, 1024)
    kernel: Count = 5
    batch_norm: bool = True
    discriminator_norm: bool = True  # also in D, unless there is none in G
    loss: adversarial.Loss = "non_saturating"
    conditional: bool = False  # on the label, attributes or columns
    conditioning: conditional_game.Conditioning = "concatenate"  # of D
    generator_optimizer: OptimizerConfig = _ADAM
    discriminator_optimizer: OptimizerConfig = _ADAM
    techniques: Techniques = Techniques()


class DCGAN(Model):
    """A GAN for images [B, H, W, C]."""

    selected_by = "samples"

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        self.latents = {"z": Latent((config.latent,), "uniform")}
        self.noise = {"z": Noise((config.latent,))}
        if config.conditional:
            self.conditions = conditions.fields(spec)
        self.noise |= techniques.noise(self)
        norm = FusedBatchNorm if config.batch_norm else None
        generator = conv_generator(
            config.latent + conditions.width(self),
            spec.shape,
            config.generator,
            config.kernel,
            norm,
        )
        self.generator = techniques.generator(self, generator)
        norm = norm if config.discriminator_norm else None
        hidden, logit = techniques.discriminator(
            self,
            conv_stack(spec.shape, config.discriminator, config.kernel, norm),
            Logit(kernel_initializer=initializer()),
        )
        self.discriminator = conditional_game.discriminator(self, hidden, logit)
        self.averages = techniques.averages(self)

    players = adversarial.players
    generate = adversarial.generate_with_techniques
    decode = adversarial.decode
    logit = adversarial.logit
    per_example_losses = adversarial.losses
    per_example_metrics = adversarial.metrics


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets'.

    Down to 4 pixels a side, as in figure 1; fewer maps for smaller images.
    """
    maps = by_size.maps(spec.shape, 128 if by_size.side(spec) >= 64 else 64)
    config = Config(by_size.latent(spec.size), maps[::-1], maps)
    train = by_size.training(examples, 100, 128, 4000, 100_000)
    return Preset(config, data, train)


def _as_ebgan(data: DataConfig) -> Preset:
    """The DCGANs of Zhao et al. 2017, arXiv:1609.03126, figures 5 and 6.

    "Under the same configuration" as their EBGANs: the generator, and D as
    their encoder, `(64)4c2s-(128)4c2s-(256)4c2s`.
    """
    config = Config(
        generator=(512, 256, 128, 64), discriminator=(64, 128, 256), kernel=4
    )
    return Preset(config, data, training(100_000, 64, every=5000))


_SMALL = Config(latent=32, generator=(128, 64), discriminator=(64, 128))
_DIGITS = DataConfig("digits", dequantize=False)
_TRAIN = training(4000, 128, every=500)
_LSUN = DataConfig("lsun/bedroom", short_side=64, dequantize=False)

PRESETS = {
    "digits": Preset(_SMALL, _DIGITS, _TRAIN),
    "digits_labels": Preset(
        dataclasses.replace(
            _SMALL, conditional=True, conditioning="projection"
        ),
        _DIGITS,
        _TRAIN,
    ),
    # LSUN bedrooms, section 4.1; "3 million training examples". Whole images,
    # but for what a square leaves out.
    "lsun": Preset(Config(), _LSUN, training(120_000, 128, every=5000)),
    "ebgan_lsun": _as_ebgan(_LSUN),
    "ebgan_celeb_a": _as_ebgan(DataConfig("celeb_a", dequantize=False)),
    "cifar10": Preset(
        Config(generator=(256, 128, 64), discriminator=(64, 128, 256)),
        DataConfig("cifar10", dequantize=False, flip=True),
        training(50_000, 64, every=5000),
    ),
    "tiny": Preset(
        Config(
            latent=3,
            generator=(4, 3),
            discriminator=(3,),
            kernel=3,
            batch_norm=False,
        ),
        _DIGITS,
        TINY_TRAIN,
    ),
}

"""Glow.

Diederik P. Kingma, Prafulla Dhariwal: Glow: Generative Flow with Invertible 1x1
Convolutions. NeurIPS 2018. arXiv:1807.03039.

A flow of L scales, each of squeezing and K steps (section 3, figure 2):

    ActNorm                y = (x + b) exp(s)               log det = H W sum s
    invertible 1x1 conv    y = W x                      H W log |det W| (eq. 9)
    affine coupling        y_b = sigmoid(s(x_a) + 2) x_b + t(x_a)

Half of the channels leave after each scale but the last, as in Real NVP. Their
prior is a Gaussian whose mean and scale depend on what goes on; here that is a
last coupling of the scale, so that z is standard normal.

ActNorm starts from the first batch of a training, that of all replicas
together, before its first step (`begin`); a run that resumes has the
checkpoint's values.

The paper comes first, then its authors' code (openai/glow): `sigmoid(s + 2)`,
ActNorm within the networks, last layers that start at zero with a factor
exp(3 s), gray levels scaled to [-1/2, 1/2), the learned prior of what is left
(`learntop`), 10 epochs of warm-up. Its quantitative results have affine
couplings, which are not the default of its script.

What deviates, and why:
- W is stored as P L U (eq. 10); the authors' code has it whole.
- The coupling scales before it shifts, as in the paper's table 1.
- Borders are padded with zeros; the authors' have a channel that marks them.
- A condition enters the networks of all couplings; in the authors' code the
  prior of what is left alone.
- Dropout, which is not the paper's, is for small data.
"""

import dataclasses
import functools

from tfgen import bijectors
from tfgen.bounds import Count, Share
from tfgen.config import TINY_TRAIN, DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.errors import UserError
from tfgen.model import Model
from tfgen.models import by_size, conditions, flow, glow_flow
from tfgen.models import density_presets as presets
from tfgen.models.settings import training

PAPER = "Kingma & Dhariwal 2018, arXiv:1807.03039"

# 10 epochs of 50,000 images.
_ADAM = OptimizerConfig(warmup_steps=7800, epsilon=1e-8)


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the defaults are the paper's for CIFAR-10."""

    scales: Count = 3  # L; the last one is H / 2^L pixels wide
    steps: Count = 32  # K of each scale
    features: Count = 512  # of the networks of couplings
    dropout: Share = 0.0
    # Above 0: gray levels through logit(a + (1-a) x / levels), as Real NVP's.
    alpha: Share = 0.0
    conditional: bool = False  # f(x; label or attributes)
    optimizer: OptimizerConfig = _ADAM


class Glow(flow.Flow, Model):
    """A Glow for images [B, H, W, C]."""

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        if len(spec.shape) != 3:
            raise UserError(
                "data: vectors, but glow is of images; use nice, maf or"
                " real_nvp."
            )
        height, width, channels = spec.shape
        factor = 2**config.scales
        if height % factor or width % factor:
            raise UserError(
                f"network.scales={config.scales}: images of {height} x {width}"
                f" pixels must be divisible by 2^scales = {factor}."
            )
        scales = glow_flow.scales(config, channels, self.networks)
        gray = None
        if not config.alpha:
            gray = functools.partial(
                bijectors.LinearGrayLevels, interval=(-0.5, 0.5)
            )
        flow.build(self, [bijectors.MultiScale(scales, spec.shape)], gray=gray)

    def begin(self, batch):
        """Sets ActNorms: outputs of the first batch have mean 0, variance 1."""
        condition = conditions.vector(self, self.given(batch))
        self.flow.forward_and_log_det(
            batch["x"], condition=condition, start=True
        )


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets': scales by size."""
    few = examples < 10_000
    network = dataclasses.replace(
        PRESETS["digits" if few else "photographs"].network,
        scales=max(1, by_size.halvings(spec.shape, 2)),
        features=min(512, by_size.units(spec.size) // 2),
    )
    options = {"ema_decay": 0.99 * few, "jit_compile": spec.shape[-1] == 1}
    train = by_size.training(examples, 100, 64, 1500, 200_000, **options)
    return Preset(network, data, train)


def _small(steps: int, features: int, scales: int, dropout: float = 0.0):
    adam = OptimizerConfig(
        learning_rate=5e-3,
        warmup_steps=100,
        schedule="cosine",
        clip_norm=100.0,
    )
    return Config(scales, steps, features, dropout, alpha=0.05, optimizer=adam)


PRESETS = {
    # Test 1.95 bits/dim: python -m apps.run. Gray levels of few bits want the
    # logit: scaled to [-1/2, 1/2) it was above 2.2.
    "digits": presets.gray_digits(
        _small(8, 64, scales=2, dropout=0.5), 4000, jit_compile=True
    ),
    "photographs": Preset(
        _small(steps=4, features=64, scales=3),
        DataConfig("photographs"),
        training(2000, 64, every=250, ema_decay=0.99),
    ),
    "mnist": Preset(
        _small(steps=4, features=64, scales=2),
        DataConfig("mnist"),
        training(2500, 64, every=250, ema_decay=0.99, jit_compile=True),
    ),
    "cifar10": Preset(
        Config(),
        DataConfig("cifar10", flip=True),
        training(500_000, 64, every=5000, log_every=500),
    ),
    "tiny": Preset(
        Config(scales=2, steps=1, features=4, optimizer=presets.TINY_ADAM),
        DataConfig("digits"),
        TINY_TRAIN,
    ),
}

"""Variational autoencoder.

Diederik Kingma, Max Welling: Auto-Encoding Variational Bayes. ICLR 2014.
arXiv:1312.6114.

An encoder says which z may have made x, q(z|x), and a decoder which x a z
makes, p(x|z). Both learn the bound (eq. 10) by one z = mean + stddev * epsilon:

    log p(x) >= ELBO = log p(x|z) - KL(q(z|x) || N(0, I))
    KL = 1/2 sum_j (mean_j^2 + stddev_j^2 - 1 - log stddev_j^2)

What is reported is the ELBO, whatever the objective adds to it: `rate` is the
KL, `distortion` is -log p(x|z). Samples are means of p(x|z), as in the paper's
figures.

Options: `free_bits`, a KL that each latent may have for nothing (Kingma et al.
2016, arXiv:1606.04934), and `warmup_steps`, in which the weight of the
KL grows from 0 to 1 (Sonderby et al. 2016, arXiv:1602.02282).

What deviates, and why:
- Adam instead of Adagrad, and no small weight decay.
- Gray levels have probabilities; the paper's decoder of gray images is a
  Gaussian density of numbers between 0 and 1.
- A convolutional and a conditional form (label, attributes, columns; Sohn et
  al. 2015) are not the paper's.
"""

import dataclasses

import tensorflow as tf

from tfgen.bounds import Count, CountOrNone, NotNegative, Sizes
from tfgen.config import DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.losses import free_bits, warm_up
from tfgen.model import Model
from tfgen.models import likelihoods, variational
from tfgen.models import variational_presets as presets
from tfgen.models.settings import training

PAPER = "Kingma & Welling 2014, arXiv:1312.6114"


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the defaults are the paper's for MNIST (section 5)."""

    latent: Count = 20  # Z
    hidden: Sizes = (500,)  # units of the encoder; the decoder mirrors them
    activation: str = "tanh"  # appendix C
    maps: Sizes = ()  # of convolutions of stride 2 before them
    kernel: Count = 4  # of the convolutions
    likelihood: likelihoods.Likelihood = "auto"  # of p(x|z), appendix C
    free_bits: NotNegative = 0.0  # nats of each latent
    warmup_steps: CountOrNone = 0
    conditional: bool = False  # p(x|z, y), q(z|x, y), y label or attributes
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=1e-3)


class VAE(variational.Variational, Model):
    """A VAE for vectors [B, D] or images [B, H, W, C]."""

    def cost(self, kl, batch, training):
        """Returns the KL [B], by the options."""
        config = self.config
        cost = free_bits(kl, config.free_bits)
        if config.warmup_steps and training:
            weight = warm_up(batch["step"], config.warmup_steps)
            cost *= tf.cast(weight, cost.dtype)
        return cost


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets'."""
    return presets.auto(Config(), spec, examples, data)


_RATE = OptimizerConfig(learning_rate=2e-3, schedule="cosine")
_SMALL = Config(latent=16, hidden=(200, 200), optimizer=_RATE)
_FAST = {"jit_compile": True}

PRESETS = {
    "digits": presets.digits(_SMALL),
    "digits_levels": Preset(
        _SMALL,
        DataConfig("digits", dequantize=False),
        training(1500, 100, 100, **_FAST),
    ),
    "digits_conv": Preset(
        dataclasses.replace(_SMALL, maps=(32, 64), hidden=(128,)),
        presets.DIGITS,
        training(3000, 100, 200),
    ),
    "toy": Preset(
        Config(latent=2, hidden=(64, 64), optimizer=_RATE),
        DataConfig("moons"),
        training(5000, 256, 1000, **_FAST),
    ),
    # 5 seeds: ELBO -18.9 nats, MIG 0.06, DCI 0.25, SAP 0.15.
    "sprites": presets.sprites(Config(**presets.ON_SPRITES)),
    "mnist": presets.mnist(Config(), 100_000, 100, 5000, **_FAST),
    "mnist_short": presets.mnist_short(Config(**presets.ON_MNIST)),
    "tiny": presets.tiny(Config(latent=2, hidden=(4,))),
}

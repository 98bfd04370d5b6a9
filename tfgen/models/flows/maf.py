"""Masked autoregressive flow, MADE for real numbers, and mixtures in both.

George Papamakarios, Theo Pavlakou, Iain Murray: Masked Autoregressive Flow for
Density Estimation. NIPS 2017. arXiv:1705.07057.

A network whose output d sees x_1, ..., x_{d-1} alone says a mean and a log
standard deviation of x_d, and noise is what is left (eq. 4):

    u_d = (x_d - mu_d) exp(-alpha_d)
    log p(x) = log N(u; 0, I) - sum_d alpha_d                        (eqs. 2, 5)

One such layer is a MADE with Gaussian conditionals (`layers=1`); in a flow of
several, u of one is x of the next, in the reverse order (section 4.3). With
`components` above 1 the last layer has mixtures of so many Gaussians: MADE MoG,
or MAF MoG, whose base it is (section 4):

    p(u_d | u_<d) = sum_k pi_k N(mu_k, exp(alpha_k)^2)

A density costs one pass; a sample about as much, but number by number.

What deviates, and why:
- alpha stays within ±log 1000, and layers start as the identity, or few data
  make flows diverge; a training has 200,000 steps at most.
- Batch normalization has the mean statistics of the training set's batches,
  1,000 at most, at each validation; the authors have those of one large batch.
- Gray levels are Real NVP's logit(a + (1 - a) x), not logit(a + (1 - 2 a) x).
- Latents of a mixture are standard logistic (`tfgen/bijectors/mixture.py`).
- Degrees of hidden units go up evenly (`tfgen/nn/masked_mlp.py`).
"""

import dataclasses
import functools
from typing import Literal

import numpy as np

from tfgen import bijectors
from tfgen.bounds import Count, NotNegative, PositiveShare, Share, Sizes
from tfgen.config import DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.model import Model
from tfgen.models import by_size, conditions, flow
from tfgen.models import density_presets as presets
from tfgen.models.settings import training
from tfgen.nn import MaskedMLP, RunningBatchNorm, TrainingStatistics

PAPER = "Papamakarios et al. 2017, arXiv:1705.07057"
_ADAM = OptimizerConfig(learning_rate=1e-4, epsilon=1e-8)  # 4.1 and the code


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the defaults are the paper's of MAF(5) for POWER and GAS."""

    layers: Count = 5
    components: Count = 1  # of mixtures in the last layer; MoG has 10
    order: Literal["natural", "random"] = "natural"  # random: of each layer
    hidden: Sizes = (100, 100)
    activation: str = "relu"
    batch_norm: bool = True  # between layers, section 3.5
    bn_momentum: Share = 0.99  # of what it has before the first validation
    dropout: Share = 0.0  # of hidden units; not the paper's
    l2: NotNegative = 1e-6  # on weights, section 4.1
    alpha: PositiveShare = 1e-6  # a of logit(a + (1-a) x / levels)
    conditional: bool = False  # p(x | label or attributes), section 3.4
    optimizer: OptimizerConfig = _ADAM


class MAF(flow.Flow, Model):
    """A MAF for vectors [B, D], or images [B, H, W, C] pixel by pixel."""

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        affine = bijectors.Inverted(bijectors.Affine(bijectors.bounded))
        order, random = np.arange(spec.size), np.random.default_rng(0)
        layers = []
        for i in range(config.layers):
            if config.order == "random":
                order = random.permutation(spec.size)
            mixture = config.components > 1 and i == config.layers - 1
            change = bijectors.Mixture(config.components) if mixture else affine
            network = MaskedMLP(
                config.hidden,
                order,
                change.parameters,  # alpha, mu
                activation=config.activation,
                condition=conditions.width(self),
                zero_init=True,
                dropout=config.dropout,
                l2=config.l2,
            )
            self.networks.append(network)
            layers.append(bijectors.Autoregressive(network, change))
            if config.batch_norm and not mixture:
                norm = RunningBatchNorm(config.bn_momentum, lag=False)
                self.networks.append(norm)
                layers.append(bijectors.BatchNorm(norm, 1))
            order = order[::-1]
        prior = "logistic" if config.components > 1 else "normal"
        flow.build(self, layers, flat=True, prior=prior)
        self.settle = TrainingStatistics(self.networks, self.per_example_losses)

    def log_prob(self, x, training=False, **given):
        """Returns log p(x); see `Flow`. A mixture's needs no latents."""
        if self.config.components == 1:
            return super().log_prob(x, training, **given)
        condition = conditions.vector(self, given)
        return self.flow.log_prob(x, condition=condition, training=training)


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data; few images have those of the digits."""
    few = examples < 10_000 and len(spec.shape) == 3
    small = PRESETS["digits" if few else "toy"].network
    hidden = (by_size.masked_units(spec.size),) * 2
    network = dataclasses.replace(small, hidden=hidden)
    if spec.columns:
        narrow = {"hidden": (max(64, spec.size),) * 2, "dropout": 0.2}
        return presets.table(network, spec, examples, data, **narrow)
    ema = 0.99 if few else 0.0
    train = by_size.training(examples, 100, 256, 2000, 100_000, ema_decay=ema)
    return Preset(network, data, train)


def _paper(data: str, epoch: int, flip: bool = False, **network) -> Preset:
    """Section 4.1; it stops after 30 epochs, in steps, without progress."""
    train = training(200_000, 100, every=epoch, patience=30)
    return Preset(Config(**network), DataConfig(data, flip=flip), train)


_small = functools.partial(
    Config, l2=0.0, batch_norm=False, optimizer=presets.FLOW_ADAM
)
_digits = _small(hidden=(128,), dropout=0.2, alpha=0.05)

PRESETS = {
    "digits": presets.gray_digits(_digits),
    # Figure 1, of 3.5310 nats: x_2 ~ N(0, 4), x_1 ~ N(x_2^2 / 4, 1). One layer
    # in this order learns it as a mixture alone.
    "toy": presets.toy(_small(), "parabola"),
    "toy_mixture": presets.toy(_small(layers=1, components=10), "parabola"),
    # Table 1. Epochs are of 100,000 rows; of CIFAR-10, with its mirror images.
    "table": _paper("parabola", 1000),
    "table_mixture": _paper("parabola", 1000, layers=6, components=10),
    "mnist": _paper("mnist", 550, hidden=(1024, 1024)),
    "cifar10": _paper("cifar10", 900, True, hidden=(1024, 1024), alpha=0.05),
    "tiny": presets.tiny_points(
        Config(layers=2, hidden=(6,), optimizer=presets.TINY_ADAM)
    ),
}

"""NICE: non-linear independent components.

Laurent Dinh, David Krueger, Yoshua Bengio: NICE: Non-linear Independent
Components Estimation. arXiv:1410.8516 (2014).

Couplings add to one half of x what a network says of the other, which keeps all
volumes; one factor a dimension at the end changes them (section 3):

    y_a = x_a,  y_b = x_b + m(x_a)
    h = exp(S) y
    log p(x) = sum_d log p_H(h_d) + sum_d S_d

Dimensions are independent under the prior p_H. Large S_d are those in which
data hardly vary. Hidden pixels x_H are completed by projected gradient ascent
(section 5.2), from uniform noise on:

    x_H <- x_H + alpha_i (d log p(x) / dx_H + epsilon)
    alpha_i = 10 / (100 + i)

The paper comes first, then its authors' code (laurent-dinh/nice): the order of
steps, the batch, and the gradient divided by 100 in the ascent.

What deviates, and why:
- S starts from the first batch, where each h_d has variance 1; the authors'
  starts at 0, and needs most of the 1,500 epochs to move.
- Last layers of m start at zero; the authors' are uniform within ±0.01.
- CIFAR-10 and SVHN are not whitened.
- The ascent takes `ascent` steps; the authors' takes 111,665. Its noise is a
  row of D numbers, in another order and with other signs at each step.
"""

import dataclasses
import functools
from typing import Literal

from tfgen import bijectors
from tfgen.bounds import Count, Interval, Share, Sizes
from tfgen.config import TINY_TRAIN, DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.model import Model
from tfgen.models import by_size, flow, nice_ascent
from tfgen.models import density_presets as presets
from tfgen.models.settings import training
from tfgen.nn import MLP, ActNormLayer

PAPER = "Dinh et al. 2014, arXiv:1410.8516"

# Of the authors' code for MNIST, with Adam for their RMSprop.
_ADAM = OptimizerConfig(
    schedule="exponential", final_learning_rate=1e-4, clip_norm=1000.0
)


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the defaults are the paper's for MNIST."""

    couplings: Count = 4
    hidden: Sizes = (1000,) * 5  # of m
    prior: Literal["logistic", "normal"] = "logistic"  # p_H
    interval: Interval = (0.0, 1.0)  # of gray levels; -1,1: CIFAR-10
    dropout: Share = 0.0  # of hidden units of m; not the paper's
    ascent: Count = 1000  # steps of a completion, section 5.2
    conditional: bool = False  # m(x; label or attributes); not the paper's
    optimizer: OptimizerConfig = _ADAM


class NICE(flow.Flow, Model):
    """A NICE for vectors [B, D], or images [B, H, W, C] as such."""

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        D = spec.size
        flow.check_halves(D)
        # The first, third, ... dimension, then the others (section 5.1).
        layers = [bijectors.Permute([*range(0, D, 2), *range(1, D, 2)])]
        for i in range(config.couplings):
            halves = bijectors.Halves(swap=i % 2 == 1)
            m = MLP(
                config.hidden,
                halves.changed(D),
                zero_init=True,
                dropout=config.dropout,
            )
            self.networks.append(m)
            layers.append(bijectors.Coupling(halves, m, bijectors.Additive()))
        self.diagonal = ActNormLayer(shift=False)
        layers.append(bijectors.ActNorm(self.diagonal, 1))
        gray = functools.partial(
            bijectors.LinearGrayLevels, interval=config.interval
        )
        flow.build(self, layers, flat=True, prior=config.prior, gray=gray)

    def begin(self, batch):
        """Sets S, 0 so far: each h_d of the first batch has variance 1."""
        h = self.encode(batch["x"], **self.given(batch))
        self.diagonal.start(h)

    complete = nice_ascent.complete


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets': widths by size."""
    small = PRESETS["digits" if spec.levels else "toy"].network
    hidden = (by_size.units(spec.size),) * len(small.hidden)
    network = dataclasses.replace(small, hidden=hidden)
    if spec.columns:
        return presets.table(network, spec, examples, data, dropout=0.2)
    ema = 0.99 if spec.levels else 0.0
    train = by_size.training(examples, 100, 200, 2000, 100_000, ema_decay=ema)
    return Preset(network, data, train)


_SMALL = OptimizerConfig(schedule="cosine", clip_norm=1000.0)

PRESETS = {
    # Test 2.68 bits/dim: python -m apps.run.
    "digits": presets.gray_digits(
        # More couplings of narrow networks, and levels in [0, 8), where
        # networks see more than in [0, 1), cost less here than wide ones.
        Config(
            couplings=8,
            hidden=(64,) * 3,
            interval=(0.0, 8.0),
            dropout=0.15,
            optimizer=dataclasses.replace(_SMALL, learning_rate=5e-3),
        ),
        steps=2000,
        batch_size=200,
    ),
    # 1,500 epochs.
    "mnist": Preset(
        Config(), DataConfig("mnist"), training(375_000, 200, every=5000)
    ),
    # CIFAR-10; on SVHN with --data=svhn_cropped and interval=0,1.
    "cifar10": Preset(
        Config(hidden=(2000,) * 4, interval=(-1.0, 1.0)),
        DataConfig("cifar10"),
        training(375_000, 200, every=5000),
    ),
    "toy": presets.toy(
        Config(hidden=(128,) * 2, prior="normal", optimizer=_SMALL),
        steps=10_000,
    ),
    "tiny": Preset(
        Config(couplings=2, hidden=(6,), ascent=3, optimizer=presets.TINY_ADAM),
        DataConfig("digits"),
        TINY_TRAIN,
    ),
}

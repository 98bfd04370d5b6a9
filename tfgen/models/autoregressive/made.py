"""MADE: a masked autoencoder that is a distribution.

Mathieu Germain, Karol Gregor, Iain Murray, Hugo Larochelle: MADE: Masked
Autoencoder for Distribution Estimation. ICML 2015. arXiv:1502.03509.

An autoencoder whose weights are masked so that output d depends on the inputs
before d alone is a product of conditionals (eqs. 4-6):

    log p(x) = sum_d x_d log p_d + (1 - x_d) log (1 - p_d)

Several orders of the inputs share the weights: each step trains one of them,
and the density is the mean of theirs (section 4.2).

What deviates, and why:
- More than two gray levels have a softmax instead of the sigmoid.
- Degrees of hidden units go up evenly and stay, where the paper draws them with
  each mask (section 4.3, "connectivity-agnostic").
- Adam instead of Adagrad or Adadelta.
- Real numbers have normal conditionals, as in Papamakarios et al. 2017,
  section 2.2. In one order that is a flow: `maf` with one layer.
- Samples are made in the first order alone, whose share of the density is one
  in `orders`.
"""

import dataclasses
import math
from typing import Literal

import numpy as np
import tensorflow as tf

from tfgen.bounds import Count, Share, Sizes
from tfgen.config import DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.model import Model
from tfgen.models import by_size, conditions, discrete
from tfgen.models import density_presets as presets
from tfgen.models.settings import training
from tfgen.nn import MaskedMLP, levels

PAPER = "Germain et al. 2015, arXiv:1502.03509"


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the defaults are the paper's for binarized MNIST."""

    hidden: Sizes = (8000, 8000)
    orders: Count = 32
    # The first, which samples are made in; the others are drawn.
    order: Literal["natural", "random"] = "natural"
    direct: bool = True  # weights from inputs to outputs, section 4.4
    dropout: Share = 0.0  # not the paper's
    conditional: bool = False  # p(x | label or attributes); not the paper's
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=1e-3)


class MADE(discrete.Discrete, Model):
    """A MADE for vectors [B, D] or images, of gray levels or real numbers."""

    takes_real = True
    player = "autoencoder"

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        D, random = spec.size, np.random.default_rng(0)
        # The place of each number, in orders that differ if there are so many.
        places = {tuple(range(D)): None} if config.order == "natural" else {}
        while len(places) < min(config.orders, math.factorial(D)):
            places[tuple(random.permutation(D))] = None
        self._places = np.array([*places])  # [orders, D]
        self.network = MaskedMLP(
            config.hidden,
            np.argsort(self._places[0]),
            self.density.parameters,
            condition=conditions.width(self),
            direct=config.direct,
            dropout=config.dropout,
        )
        discrete.build(self)

    def _log_prob(self, x, order, training, given):
        """In one order, by its number."""
        x = tf.reshape(x, [-1, self.spec.size])
        h = self.network(
            discrete.scaled(self, x),
            condition=conditions.vector(self, given),
            training=training,
            places=tf.gather(self._places, order),
        )
        return discrete.summed(self, x, h)

    def log_prob(self, x, training=False, **given):
        """Returns log of the mean of p(x) over orders, in nats, [B]."""
        orders = range(len(self._places))
        densities = [self._log_prob(x, i, training, given) for i in orders]
        return levels.mean_exp(densities)

    def per_example_losses(self, batch, training):
        """Returns {"autoencoder": [B]}: -log p(x) in the step's order."""
        order = batch["step"][0] % len(self._places) if training else 0
        given = self.given(batch)
        nll = -self._log_prob(batch["x"], order, training, given)
        return {"autoencoder": nll}


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets': widths by size."""
    width = 2 * by_size.units(spec.size)
    small = _SMALL if spec.levels else PRESETS["toy"].network
    network = dataclasses.replace(small, hidden=(width,) * 2)
    if spec.columns:
        return presets.table(network, spec, examples, data, dropout=0.2)
    lengths = 100, 100, 2000, 100_000
    if spec.levels:
        return presets.auto(network, examples, data, *lengths)
    return Preset(network, data, by_size.training(examples, *lengths))


_SMALL = Config(
    hidden=(256,),
    orders=1,
    dropout=0.3,
    optimizer=OptimizerConfig(learning_rate=2e-3, schedule="cosine"),
)

PRESETS = {
    "digits": Preset(_SMALL, presets.DIGITS, training(3000, 100, every=200)),
    # Gray levels as they are.
    "digits_levels": Preset(
        _SMALL,
        DataConfig("digits", dequantize=False),
        training(1500, 100, every=100),
    ),
    # Points of the plane, in both orders.
    "toy": presets.toy(
        dataclasses.replace(_SMALL, hidden=(64, 64), orders=2, dropout=0.0)
    ),
    "mnist": presets.mnist(Config(), 200_000, 100, every=5000),
    # For --data=npz:… with some thousand digits.
    "mnist_short": presets.mnist(_SMALL, 4000, 100, every=200),
    "tiny": presets.tiny(
        Config(hidden=(6,), orders=2, optimizer=presets.TINY_ADAM)
    ),
}

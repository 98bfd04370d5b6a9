"""FVBN: a fully visible belief network, a logistic regression a pixel.

Brendan J. Frey, Geoffrey E. Hinton, Peter Dayan: Does the wake-sleep algorithm
produce good density estimators? NIPS 1995 ("logistic autoregressive" networks).

Each number depends on those before it, and nothing is hidden:

    p(x) = prod_d p(x_d | x_<d),  p_d = sigmoid(b_d + sum_{i<d} w_di x_i)

All regressions are convex and independent of each other: a training has one
optimum.

What deviates, and why:
- More than two gray levels have a softmax instead of the sigmoid.
- One network with a strictly triangular matrix, trained by Adam: it fits all
  regressions at once.
"""

import dataclasses

import numpy as np

from tfgen.bounds import NotNegative
from tfgen.config import DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.model import Model
from tfgen.models import conditions, discrete
from tfgen.models import density_presets as presets
from tfgen.models.settings import training
from tfgen.nn import MaskedMLP

PAPER = "Frey et al. 1995"


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the optimizer's are ours."""

    l2: NotNegative = 0.0  # penalty of squared weights, not of biases
    conditional: bool = False  # p(x | label or attributes); not the paper's
    optimizer: OptimizerConfig = OptimizerConfig(
        learning_rate=1e-2, schedule="cosine"
    )


class FVBN(discrete.Discrete, Model):
    """An FVBN for vectors [B, D] or images of gray levels, row by row."""

    player = "regressions"

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        self.network = MaskedMLP(
            (),
            np.arange(spec.size),
            self.density.parameters,
            condition=conditions.width(self),
            zero_init=True,
            l2=config.l2,
        )
        discrete.build(self)


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets'."""
    del spec
    return presets.auto(_SMALL, examples, data, 100, 100, 2000, 50_000)


_SMALL = Config(l2=1e-4)

PRESETS = {
    "digits": Preset(_SMALL, presets.DIGITS, training(3000, 100, every=100)),
    "mnist": presets.mnist(Config(), 20_000, 100, every=500),
    # For --data=npz:… with some thousand digits.
    "mnist_short": presets.mnist(_SMALL, 4000, 100, every=200),
    "tiny": presets.tiny(Config(optimizer=presets.TINY_ADAM)),
}

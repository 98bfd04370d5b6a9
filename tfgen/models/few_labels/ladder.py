"""Ladder network: a classifier that denoises, for few labels.

Antti Rasmus, Harri Valpola, Mikko Honkala, Mathias Berglund, Tapani Raiko:
Semi-Supervised Learning with Ladder Networks. NIPS 2015. arXiv:1507.02672.

    C = - log P(t | x + noise) + lambda_0 / D |x - z_hat(0)|^2   (eqs. 5, 6)

What deviates, and why: of the costs of reconstruction that of the bottom layer
alone, and the settings of Zhao et al. 2017, arXiv:1609.03126, appendix D, whose
baseline it is (`tfgen/models/games/ebgan_ladder.py`).
"""

import dataclasses

from tfgen.bounds import NotNegative, Widths
from tfgen.config import TINY_TRAIN, DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import SemiSupervisedDataConfig
from tfgen.model import Model
from tfgen.models import by_size, semi_supervised
from tfgen.models.settings import training

PAPER = "Rasmus et al. 2015, arXiv:1507.02672"

# B batch, D data, C classes.

# Zhao et al.: "starting from the two-thirds of total steps to linearly decay
# the learning rate to 0".
_ADAM = OptimizerConfig(
    learning_rate=2e-4, beta_1=0.5, schedule="linear", decay_start=2 / 3
)


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the defaults are those of Zhao et al. for MNIST."""

    hidden: Widths = (1000, 500, 250, 250, 250)
    noise: NotNegative = 0.3  # standard deviation at every layer
    reconstruction: NotNegative = 1000.0  # lambda_0
    optimizer: OptimizerConfig = _ADAM


class LadderNetwork(Model):
    """A ladder network for images [B, H, W, C] or vectors [B, D]."""

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        self.ladder = semi_supervised.make_ladder(config, spec)
        self.noise = semi_supervised.noise(self.ladder)

    # The contract.

    player = "classifier"

    def per_example_losses(self, batch, training):
        """Returns what the player minimizes, [B]."""
        supervised, energy = semi_supervised.costs(self, batch, training)
        weight = self.config.reconstruction / self.spec.size
        return {"classifier": supervised + weight * energy}

    def per_example_metrics(self, batch):
        """Returns `error_rate`, `cross_entropy` and `energy`, [B]."""
        return semi_supervised.metrics(self, batch)

    # Capabilities.

    classify = semi_supervised.classify
    energy = semi_supervised.energy
    reconstruct = semi_supervised.reconstruct


_DIGITS = SemiSupervisedDataConfig("digits", dequantize=False)
_MNIST = SemiSupervisedDataConfig("mnist", dequantize=False)
# 0.0002 is five times too low for a few thousand steps.
_FAST_ADAM = dataclasses.replace(_ADAM, learning_rate=1e-3)


def auto(
    spec: DataSpec, examples: int, data: SemiSupervisedDataConfig
) -> Preset:
    """Returns settings for other data than the presets'."""
    train = by_size.training(
        examples, 200, 100, 3000, 120_000, jit_compile=True
    )
    large = by_size.side(spec) >= 28
    network = Config() if large else PRESETS["digits"].network
    return Preset(network, data, train)


PRESETS = {
    # The learning rate is that of the lowest error on the validation split.
    "digits": Preset(
        Config(hidden=(250, 100, 50), optimizer=_FAST_ADAM),
        _DIGITS,
        training(3000, 100, every=500, jit_compile=True),
    ),
    # 1.36 % wrong with 100 labels, 1.04 % with 1000 (Zhao et al., table 2).
    "mnist": Preset(
        Config(),
        _MNIST,
        training(120_000, 100, every=2000, jit_compile=True),
    ),
    # Minutes of a CPU instead of hours.
    "mnist_short": Preset(
        Config(optimizer=_FAST_ADAM),
        _MNIST,
        training(3000, 100, every=500, jit_compile=True),
    ),
    "tiny": Preset(
        Config(hidden=(5, 4)),
        dataclasses.replace(_DIGITS, labels=20),
        TINY_TRAIN,
    ),
}

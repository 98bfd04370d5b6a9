"""Planar and radial flows.

Danilo Jimenez Rezende, Shakir Mohamed: Variational Inference with Normalizing
Flows. ICML 2015. arXiv:1505.05770.

Noise z becomes x by layers of few parameters each, whose determinants cost no
more than they do (section 4.1):

    planar    x = z + u tanh(w'z + b)
    radial    x = z + beta (z - c) / (alpha + |z - c|)

Layers stay invertible whatever their parameters are (appendix A;
`tfgen/bijectors/planar.py`). A density p(x) ~ exp(-U(x)) is learned by its
energy and the flow's own samples: the KL divergence from q to p, where the
energy is annealed (eq. 20, section 6.1):

    E_q [log q(x) + beta_t U(x)],  beta_t = min(1, 0.01 + t / 10000)

What deviates, and why:
- The energies U2 to U4 have walls (`tfgen/nn/energies.py`); without, they are
  no densities.
- `energy=0` learns from data, by their likelihood: layers are inverted, planar
  ones by bisection.
- Slopes stay 0.001 above 0, so that float32 can invert them.
- A condition moves all parameters of all layers.
- Adam instead of RMSprop with its 500,000 steps.
"""

import dataclasses
from typing import Literal

import keras
import tensorflow as tf

from tfgen import bijectors
from tfgen.bounds import Count, PositiveShare
from tfgen.config import TINY_TRAIN, DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.errors import UserError
from tfgen.model import Model, Noise
from tfgen.models import by_size, conditions, flow
from tfgen.models import density_presets as presets
from tfgen.models.settings import training
from tfgen.nn import Parameters, energies

PAPER = "Rezende & Mohamed 2015, arXiv:1505.05770"


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the defaults are the largest of the paper's figure 3."""

    kind: Literal["planar", "radial"] = "planar"
    layers: Count = 32  # K
    energy: int = 0  # 1 to 4: U1 to U4; 0 learns from data
    annealing: Count = 10_000  # steps until beta_t is 1
    alpha: PositiveShare = 0.05  # a of logit(a + (1-a) x / levels)
    conditional: bool = False  # q(x | label or attributes)
    optimizer: OptimizerConfig = OptimizerConfig(
        learning_rate=5e-3, schedule="cosine", clip_norm=10.0
    )


class PlanarFlow(flow.Flow, Model):
    """A planar or radial flow for vectors [B, D], or images as such."""

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        if config.energy not in (0, *energies.ENERGIES):
            raise UserError(f"network.energy={config.energy}: expected 0 to 4.")
        if config.energy and (spec.shape != (2,) or config.conditional):
            raise UserError(
                f"network.energy={config.energy}: is over the plane and has no"
                " condition; use data=energy_1 to energy_4, or energy=0."
            )
        D = spec.size
        planar = config.kind == "planar"
        layer = bijectors.Planar if planar else bijectors.Radial
        count = 2 * D + 1 if planar else D + 2
        condition = conditions.width(self)
        # Keras tracks layers, not bijectors: the networks are listed here.
        self.networks: list[keras.layers.Layer] = [
            Parameters(count, condition, stddev=D**-0.5 if planar else 1.0)
            for _ in range(config.layers)
        ]
        # From data to noise: the last layer is undone first.
        layers = [bijectors.Inverse(layer(n)) for n in self.networks[::-1]]
        if config.energy:
            self.noise = {"z": Noise((2,))}
            self.log_z = energies.log_z(config.energy)
        flow.build(self, layers, flat=True, from_z=True)

    def _divergence(self, z, beta):
        """Returns log q(x) + beta U(x), [B], of noise z [B, 2]."""
        x, log_det = self.flow.inverse_and_log_det(z)
        log_q = self.latents["z"].log_prob(z) - log_det
        return log_q + beta * energies.energy(self.config.energy, x)

    def per_example_losses(self, batch, training):
        """Returns {"flow": [B]}: equation 20, or -log q(x) of data."""
        if not self.config.energy:
            return super().per_example_losses(batch, training)
        t = tf.cast(batch["step"], batch["z"].dtype)
        beta = tf.minimum(0.01 + t / self.config.annealing, 1.0)
        return {"flow": self._divergence(batch["z"], beta)}

    def per_example_metrics(self, batch):
        """Returns the KL divergence from q to p, and nats of data, each [B]."""
        nats = super().per_example_metrics(batch)
        if not self.config.energy:
            return nats
        kl = self._divergence(batch["z"], 1.0) + self.log_z
        return {"kl": kl, "nats": nats["nats"]}


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets'."""
    if spec.columns:
        return presets.table(Config(), spec, examples, data)
    train = by_size.training(examples, 100, 256, 2000, 50_000)
    return Preset(Config(), data, train)


def _energy(number: int, kind: str = "planar") -> Preset:
    """Figure 3 of the paper: python -m apps.run."""
    train = training(20_000, 256, every=2000, log_every=1000, jit_compile=True)
    network = Config(kind=kind, energy=number)
    return Preset(network, DataConfig(f"energy_{number}"), train)


PRESETS = {
    # KL .021, .015, .042 and .168 nats, one seed.
    "energy_1": _energy(1),
    "energy_2": _energy(2),
    "energy_3": _energy(3),
    "energy_4": _energy(4),
    "radial": _energy(1, kind="radial"),  # KL .031 nats, one seed
    # Density of points, by their likelihood.
    "toy": Preset(
        Config(),
        DataConfig("moons"),
        training(5000, 256, every=1000, log_every=1000),
    ),
    "tiny": Preset(
        Config(layers=2, energy=1, optimizer=presets.TINY_ADAM),
        DataConfig("energy_1", num_examples=100),
        TINY_TRAIN,
    ),
}

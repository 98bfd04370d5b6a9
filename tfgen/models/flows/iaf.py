"""Inverse autoregressive flow.

Diederik Kingma, Tim Salimans, Rafal Jozefowicz, Xi Chen, Ilya Sutskever, Max
Welling: Improving Variational Inference with Inverse Autoregressive Flow.
NIPS 2016. arXiv:1606.04934.

Noise becomes a sample in a few passes; each number changes as those before it
in the *noise* say (eqs. 10-14, with the gate of section 4):

    z_0 = mean + stddev * epsilon
    z_t = sigma(s) z_{t-1} + (1 - sigma(s)) m,   (m, s) = network(z_{t-1})
    log q(z_T) = log N(epsilon; 0, I) - sum_d log stddev_d
                 - sum_t sum_d log sigma(s_{t,d})

The density of its own samples is cheap; that of given data makes one number
after another, D steps a layer, where a MAF takes one pass. This is the flow on
its own, as a density that is trained on data.

What deviates, and why:
- The paper has it as the posterior of a variational autoencoder, which gives
  every step a context; here the context is the condition, if there is one.
- An encoder says mean and stddev there; here they are weights, which start
  from the first batch. Gates make all volumes smaller: without a stddev no data
  could be wider than noise.
- Degrees of hidden units go up evenly (`tfgen/nn/masked_mlp.py`).

As in the paper, and unlike `maf` here, networks have no dropout: data are
inverted number by number, and units that are left out at one number and not at
the next would belong to no flow.
"""

import dataclasses

from tfgen import bijectors
from tfgen.bounds import Count, PositiveShare, Sizes
from tfgen.config import DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.model import Model
from tfgen.models import by_size, conditions, flow
from tfgen.models import density_presets as presets
from tfgen.models.settings import training
from tfgen.nn import ActNormLayer, alternating

PAPER = "Kingma et al. 2016, arXiv:1606.04934"


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the paper's sizes are of its autoencoders."""

    layers: Count = 4  # T
    hidden: Sizes = (128, 128)
    activation: str = "elu"
    gate: float = 1.5  # added to s, +1 to +2 in section 4
    alpha: PositiveShare = 0.05  # a of logit(a + (1-a) x / levels)
    conditional: bool = False  # q(x | label or attributes)
    optimizer: OptimizerConfig = presets.FLOW_ADAM


class IAF(flow.Flow, Model):
    """An IAF for vectors [B, D], or images [B, H, W, C] pixel by pixel."""

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        gated = bijectors.Gated(config.gate)
        self.networks += alternating(
            config.layers,
            config.hidden,
            spec.size,
            gated.parameters,
            activation=config.activation,
            condition=conditions.width(self),
        )
        layers = [bijectors.Autoregressive(n, gated) for n in self.networks]
        # From data to noise: the other way round.
        inverse = [bijectors.Inverse(layer) for layer in reversed(layers)]
        self.start = ActNormLayer()
        self.start.build((None, spec.size))
        inverse.append(bijectors.ActNorm(self.start, 1))
        flow.build(self, inverse, flat=True, from_z=True)

    def begin(self, batch):
        """Sets mean and stddev, 0 and 1 so far, to those of the first batch."""
        z = self.encode(batch["x"], **self.given(batch))
        self.start.start(z)


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets': widths by size."""
    width = by_size.masked_units(spec.size)
    network = dataclasses.replace(Config(), hidden=(width, width))
    if spec.columns:
        return presets.table(network, spec, examples, data)
    train = by_size.training(examples, 50, 256, 2000, 20_000)
    return Preset(network, data, train)


PRESETS = {
    "toy": presets.toy(Config()),
    "digits": Preset(
        Config(layers=2),
        DataConfig("digits"),
        training(1500, 64, every=250, log_every=50, ema_decay=0.99),
    ),
    "tiny": presets.tiny_points(
        Config(layers=2, hidden=(6,), optimizer=presets.TINY_ADAM)
    ),
}

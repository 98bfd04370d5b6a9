"""Neural spline flows.

Conor Durkan, Artur Bekasov, Iain Murray, George Papamakarios: Neural Spline
Flows. NeurIPS 2019. arXiv:1906.04032.

A flow whose couplings, or autoregressive layers, change each number by a
monotonic rational-quadratic spline in [-B, B], the identity outside; a network
says its K bins and K - 1 slopes (section 3.1):

    log p(x) = log N(z; 0, I) + sum log |dz_d / dx_d|,  z = f(x)

- `coupling` (RQ-NSF (C), section 3.2): both directions take one pass.
- `autoregressive` (RQ-NSF (AR)): the inverse makes one number after another.

What deviates, and why:
- A spline starts as the identity. Logits of bins stay within ±3, a bin has at
  least 1e-2 of the box (1e-3 in the authors' code), and a slope is exp of a
  number within ±3 instead of a softplus (`tfgen/bijectors/spline.py`).
- Images have the couplings, networks and scales of Real NVP, where the paper
  has Glow's steps; vectors are put into another order between layers, where the
  paper has a linear map, too.
- Networks of vectors have two hidden layers instead of residual blocks.
"""

import dataclasses
import functools

from tfgen import bijectors
from tfgen.bounds import (
    Count,
    CountOrNone,
    NotNegative,
    Positive,
    PositiveShare,
    Share,
    Sizes,
)
from tfgen.config import DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.errors import UserError
from tfgen.model import Model
from tfgen.models import by_size, flow
from tfgen.models import density_presets as presets
from tfgen.models.real_nvp_flow import image_flow
from tfgen.models.settings import training
from tfgen.models.spline_flow import vector_flow

PAPER = "Durkan et al. 2019, arXiv:1906.04032"


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the defaults are those of the authors' code for tables."""

    autoregressive: bool = False  # RQ-NSF (AR), of vectors
    layers: Count = 10  # of vectors
    hidden: Sizes = (256, 256)  # of vectors
    bins: int = 8  # K
    edge: Positive = 3.0  # B
    dropout: Share = 0.25
    # Images; see real_nvp.
    scales: Count = 3
    features: Count = 32
    blocks: CountOrNone = 2
    diagonal: bool = False
    batch_norm: bool = True
    bn_momentum: Share = 0.9
    bn_lag: bool = False
    scale_l2: NotNegative = 0.0
    alpha: PositiveShare = 0.05  # a of logit(a + (1-a) x / levels)
    conditional: bool = False  # p(x | label or attributes)
    optimizer: OptimizerConfig = OptimizerConfig(
        learning_rate=3e-4, schedule="cosine", clip_norm=5.0
    )


class NeuralSplineFlow(flow.Flow, Model):
    """A spline flow for vectors [B, D] or images [B, H, W, C]."""

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        if not 2 <= config.bins <= 50:
            raise UserError(f"network.bins={config.bins}: expected 2 to 50.")
        spline = bijectors.Spline(config.bins, config.edge)
        images = len(spec.shape) == 3 and not config.autoregressive
        if images:
            layers = image_flow(
                config, spec.shape, self.networks, lambda networks: spline
            )
        else:
            layers = vector_flow(self, spline)
        flow.build(self, layers, flat=not images)


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets'."""
    toy = PRESETS["toy"].network
    if spec.columns:
        return presets.table(toy, spec, examples, data, dropout=0.2)
    if len(spec.shape) == 1:
        few = examples < 10_000 and spec.size > 2
        network = dataclasses.replace(toy, dropout=0.1 if few else 0.0)
        train = by_size.training(examples, 100, 256, 2000, 100_000)
        return Preset(network, data, train)
    side = by_size.side(spec)
    network = dataclasses.replace(
        PRESETS["digits"].network,
        scales=1 + by_size.halvings(spec.shape),
        features=32 if side >= 16 else 16,
    )
    train = by_size.training(examples, 100, 64, 1500, 200_000, ema_decay=0.99)
    return Preset(network, data, train)


_plane = functools.partial(
    Config,
    hidden=(64, 64),
    edge=4.0,
    dropout=0.0,
    optimizer=presets.FLOW_ADAM,
)

PRESETS = {
    "digits": presets.gray_digits(
        Config(
            scales=2,
            features=16,
            blocks=1,
            bn_momentum=0.95,
            dropout=0.1,
            edge=5.0,
            optimizer=presets.FLOW_ADAM,
        )
    ),
    "toy": presets.toy(_plane(layers=4)),
    "toy_autoregressive": presets.toy(_plane(layers=2, autoregressive=True)),
    # The authors' default for tables: --data=csv:….
    "table": Preset(
        Config(), DataConfig("moons"), training(200_000, 64, every=2000)
    ),
    "tiny": presets.tiny_points(
        Config(
            layers=2,
            hidden=(6,),
            bins=3,
            dropout=0.0,
            optimizer=presets.TINY_ADAM,
        )
    ),
}

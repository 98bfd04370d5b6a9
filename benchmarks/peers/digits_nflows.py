"""nflows on images: Real NVP on vectors and on images.

The search, in bits/dim of validation after 60 s of processor time on one
thread (`--seconds=60 --clock=cpu --threads=1`, split 1439/179/179, seed 0):

    simple              2.084
    vector              2.113
    vector_dropout      2.062
    multi_scale_4       2.016
    multi_scale_6       2.007
    multi_scale_6_wide  1.989

On the way, with the same kind of run: vectors are best after 5 to 20 s and
then overfit, with dropout 0.2 at 2.085 and 0.4 with two blocks at 2.075;
without dropout and weight decay images reach 2.033 (4 steps, 32 channels) and
2.012 (6 steps, 24 channels); a rate of 1e-3 is too low for them (2.113).
"""

import functools
import math

import torch
from nflows import distributions, flows, transforms
from nflows.nn import nets

from benchmarks.peers.digits_common import (
    Config,
    Model,
    Recipe,
    number_of_scales,
)

Shape = tuple[int, int, int]  # (C, H, W)


class Nflows(Model):
    """Wraps a flow over [B, D] or [B, C, H, W]."""

    def __init__(self, flow: flows.Flow, flat: bool) -> None:
        super().__init__()
        self.flow = flow
        self.flat = flat

    def log_prob(self, y: torch.Tensor) -> torch.Tensor:
        """[B, C, H, W] -> nats, [B]."""
        return self.flow.log_prob(y.flatten(1) if self.flat else y)


def simple(
    layers: int, hidden: int, blocks: int, shape: Shape, dropout: float = 0.0
) -> Model:
    """The library's `SimpleRealNVP`, with its batch norm between layers."""
    flow = flows.SimpleRealNVP(
        features=math.prod(shape),
        hidden_features=hidden,
        num_layers=layers,
        num_blocks_per_layer=blocks,
        dropout_probability=dropout,
        batch_norm_between_layers=True,
    )
    return Nflows(flow, flat=True)


def vector(
    layers: int, hidden: int, blocks: int, shape: Shape, dropout: float = 0.0
) -> Model:
    """ActNorm, a random permutation and an affine coupling per layer."""
    D = math.prod(shape)
    mask = torch.ones(D)
    mask[::2] = -1
    parts = []
    for _ in range(layers):
        parts += [
            transforms.ActNorm(D),
            transforms.RandomPermutation(D),
            transforms.AffineCouplingTransform(
                mask,
                functools.partial(
                    nets.ResidualNet,
                    hidden_features=hidden,
                    num_blocks=blocks,
                    dropout_probability=dropout,
                ),
            ),
        ]
    flow = flows.Flow(
        transforms.CompositeTransform(parts),
        distributions.StandardNormal([D]),
    )
    return Nflows(flow, flat=True)


def multi_scale(
    steps: int, hidden: int, blocks: int, shape: Shape, dropout: float = 0.0
) -> Model:
    """Scales of squeeze and `steps` of ActNorm, 1x1 conv, coupling.

    The step of the authors' image experiments (Durkan et al. 2019), with the
    affine coupling in place of their splines.
    """

    def step(channels: int) -> transforms.Transform:
        mask = torch.ones(channels)
        mask[::2] = -1
        return transforms.CompositeTransform(
            [
                transforms.ActNorm(channels),
                transforms.OneByOneConvolution(channels),
                transforms.AffineCouplingTransform(
                    mask,
                    functools.partial(
                        nets.ConvResidualNet,
                        hidden_channels=hidden,
                        num_blocks=blocks,
                        dropout_probability=dropout,
                    ),
                ),
            ]
        )

    channels, height, width = shape
    count = number_of_scales(shape)
    scales = transforms.MultiscaleCompositeTransform(num_transforms=count)
    for _ in range(count):
        channels, height, width = 4 * channels, height // 2, width // 2
        scale = transforms.CompositeTransform(
            [
                transforms.SqueezeTransform(),
                *[step(channels) for _ in range(steps)],
                transforms.OneByOneConvolution(channels),
            ]
        )
        scales.add_transform(scale, (channels, height, width))
        channels //= 2
    base = distributions.StandardNormal([math.prod(shape)])
    flow = flows.Flow(scales, base)
    return Nflows(flow, flat=False)


CONFIGS = {
    "simple": Config(functools.partial(simple, 8, 128, 2)),
    "vector": Config(functools.partial(vector, 8, 128, 2)),
    "vector_dropout": Config(
        functools.partial(vector, 8, 128, 1, dropout=0.4),
        Recipe(learning_rate=2e-3, weight_decay=1e-1),
    ),
    "multi_scale_4": Config(
        functools.partial(multi_scale, 4, 32, 1, dropout=0.1),
        Recipe(learning_rate=3e-3),
    ),
    "multi_scale_6": Config(
        functools.partial(multi_scale, 6, 24, 1, dropout=0.1),
        Recipe(learning_rate=3e-3, batch=64),
    ),
    "multi_scale_64": Config(
        functools.partial(multi_scale, 6, 64, 1), Recipe(batch=64)
    ),
    "multi_scale_6_wide": Config(
        functools.partial(multi_scale, 6, 32, 1, dropout=0.2),
        Recipe(learning_rate=3e-3, batch=64, weight_decay=1e-2),
    ),
}
BEST = "multi_scale_6_wide"  # of the digits
IMAGES = "multi_scale_64"  # of larger images; one was tried

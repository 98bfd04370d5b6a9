"""normflows on images: Real NVP on vectors, Glow blocks on images.

The search, in bits/dim of validation after 60 s of processor time on one
thread (`--seconds=60 --clock=cpu --threads=1`, split 1439/179/179, seed 0):

    masked             2.103
    coupling           2.060
    coupling_residual  2.073
    glow               2.009
    glow_decay         1.999
    glow_residual      2.020

On the way, with the same kind of run: vectors overfit after 5 to 20 s, with
dropout 0.2 at 2.075 (2.084 residual) and without at 2.110; Glow blocks reach
2.053 with a rate of 1e-3, 2.014 with batches of 128, 2.041 with 4 steps of 48
channels, 2.018 with 10 steps of 32; `glow_residual` with 24 channels and
dropout 0.1 reaches 2.021.
"""

import functools
import math

import normflows as nf
import torch

from benchmarks.peers.digits_common import (
    Config,
    Model,
    Recipe,
    number_of_scales,
)

Shape = tuple[int, int, int]  # (C, H, W)


class Vector(Model):
    """Wraps a flow over [B, D]."""

    def __init__(self, layers: list[nf.flows.Flow], D: int) -> None:
        super().__init__()
        base = nf.distributions.DiagGaussian(D, trainable=False)
        self.flow = nf.NormalizingFlow(base, layers)

    def log_prob(self, y: torch.Tensor) -> torch.Tensor:
        """[B, C, H, W] -> nats, [B]."""
        return self.flow.log_prob(y.flatten(1))


class MultiScale(Model):
    """Wraps a multi-scale flow over [B, C, H, W]."""

    def __init__(self, flow: nf.MultiscaleFlow) -> None:
        super().__init__()
        self.flow = flow

    def log_prob(self, y: torch.Tensor) -> torch.Tensor:
        """[B, C, H, W] -> nats, [B]."""
        return self.flow.log_prob(y, None)


def masked(layers: int, hidden: int, shape: Shape) -> Model:
    """`MaskedAffineFlow` and ActNorm, as in the Real NVP example."""
    D = math.prod(shape)
    mask = torch.arange(D) % 2
    parts = []
    for layer in range(layers):
        sizes = [D, hidden, hidden, D]
        scale = nf.nets.MLP(sizes, init_zeros=True, output_fn="tanh")
        shift = nf.nets.MLP(sizes, init_zeros=True)
        parts += [
            nf.flows.MaskedAffineFlow(
                (mask if layer % 2 else 1 - mask).float(), shift, scale
            ),
            nf.flows.ActNorm(D),
        ]
    return Vector(parts, D)


def coupling(
    layers: int,
    hidden: int,
    shape: Shape,
    dropout: float = 0.0,
    residual: bool = False,
) -> Model:
    """`AffineCouplingBlock`, a random permutation and ActNorm per layer."""
    D = math.prod(shape)
    half = D // 2
    parts = []
    for _ in range(layers):
        if residual:
            network = nf.nets.ResidualNet(
                half, D, hidden, dropout_probability=dropout
            )
        else:
            network = nf.nets.MLP(
                [half, hidden, hidden, D],
                init_zeros=True,
                dropout=dropout or None,
            )
        parts += [
            nf.flows.AffineCouplingBlock(network, scale_map="sigmoid"),
            nf.flows.Permute(D, mode="shuffle"),
            nf.flows.ActNorm(D),
        ]
    return Vector(parts, D)


def glow(
    steps: int,
    hidden: int,
    shape: Shape,
    dropout: float = 0.0,
    residual: bool = False,
) -> Model:
    """Scales of `GlowBlock`, as in the Glow example.

    With `residual`, the library's `ConvResidualNet`, which can drop out, takes
    the place of the block's own network.
    """

    def block(channels: int) -> nf.flows.Flow:
        step = nf.flows.GlowBlock(channels, hidden)
        if residual:
            network = nf.nets.ConvResidualNet(
                channels // 2,
                channels,
                hidden,
                num_blocks=1,
                dropout_probability=dropout,
            )
            step.flows[0] = nf.flows.AffineCouplingBlock(
                network, scale_map="sigmoid"
            )
        return step

    bases, merges, parts = [], [], []
    # From the latent side on; of digits 8 channels of 2x2, then 4 of 4x4.
    C, height, width = shape
    count = number_of_scales(shape)
    for scale in range(count):
        halvings = count - scale
        channels = C * 2 ** (halvings + 1)
        size = height >> halvings, width >> halvings
        parts.append(
            [block(channels) for _ in range(steps)] + [nf.flows.Squeeze()]
        )
        if scale:
            merges.append(nf.flows.Merge())
            channels //= 2
        latent = (channels, *size)
        bases.append(nf.distributions.DiagGaussian(latent, trainable=False))
    return MultiScale(nf.MultiscaleFlow(bases, parts, merges, class_cond=False))


CONFIGS = {
    "masked": Config(functools.partial(masked, 8, 128)),
    "coupling": Config(
        functools.partial(coupling, 8, 128, dropout=0.4),
        Recipe(weight_decay=1e-2),
    ),
    "coupling_residual": Config(
        functools.partial(coupling, 8, 128, dropout=0.4, residual=True),
        Recipe(weight_decay=1e-2),
    ),
    "glow": Config(
        functools.partial(glow, 6, 32), Recipe(learning_rate=3e-3, batch=64)
    ),
    "glow_64": Config(functools.partial(glow, 6, 64), Recipe(batch=64)),
    "glow_decay": Config(
        functools.partial(glow, 6, 32),
        Recipe(learning_rate=3e-3, batch=64, weight_decay=1e-1),
    ),
    "glow_residual": Config(
        functools.partial(glow, 6, 32, dropout=0.2, residual=True),
        Recipe(learning_rate=3e-3, batch=64),
    ),
}
BEST = "glow_decay"  # of the digits
IMAGES = "glow_64"  # of larger images; one was tried

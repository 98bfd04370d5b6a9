"""nflows: its masked affine and spline transforms, and a Glow."""

import functools
import math

import numpy as np
import torch
from nflows import distributions, flows, transforms

from benchmarks import bench, flow_task
from benchmarks.peers import torch_common
from benchmarks.peers.flows_torch import Network
from benchmarks.peers.nflows import Conditioner


def _bench(parts, points, queries, **options):
    D = points.shape[1]
    flow = flows.Flow(
        transforms.CompositeTransform(parts), distributions.StandardNormal([D])
    )
    return torch_common.make_bench(
        "nflows", flow, flow.log_prob, flow.sample, points, queries, **options
    )


def maf(points: np.ndarray, queries: np.ndarray) -> bench.Bench:
    """Masked affine transforms; a block is a hidden layer after the first."""
    torch.manual_seed(0)
    D, parts = points.shape[1], []
    for _ in range(flow_task.LAYERS):
        parts += [
            transforms.MaskedAffineAutoregressiveTransform(
                D,
                flow_task.HIDDEN[0],
                num_blocks=len(flow_task.HIDDEN) - 1,
                use_residual_blocks=False,
                activation=torch.relu,
            ),
            transforms.ReversePermutation(D),
        ]
    return _bench(parts, points, queries, compiled_sample=False)


def spline(points: np.ndarray, queries: np.ndarray) -> bench.Bench:
    """Couplings with linear tails."""
    torch.manual_seed(0)
    conditioner = functools.partial(Conditioner, hidden=flow_task.UNITS)
    parts = [
        transforms.PiecewiseRationalQuadraticCouplingTransform(
            mask=[1, 0] if layer % 2 else [0, 1],
            transform_net_create_fn=conditioner,
            num_bins=flow_task.BINS,
            tails="linear",
            tail_bound=flow_task.EDGE,
        )
        for layer in range(flow_task.COUPLINGS)
    ]
    return _bench(parts, points, queries)


def image(points: np.ndarray, queries: np.ndarray) -> bench.Bench:
    """ActNorm, an LU 1x1 convolution and a coupling a step."""
    torch.manual_seed(0)
    side = math.isqrt(points.shape[1])
    scales = transforms.MultiscaleCompositeTransform(flow_task.SCALES)
    channels, size = 1, side
    for _ in range(flow_task.SCALES):
        channels, size = 4 * channels, size // 2
        parts = [transforms.SqueezeTransform()]
        mask = (torch.arange(channels) < channels // 2).int()
        for _ in range(flow_task.STEPS):
            parts += [
                transforms.ActNorm(channels),
                transforms.OneByOneConvolution(channels),
                transforms.AffineCouplingTransform(mask, Network),
            ]
        scale = transforms.CompositeTransform(parts)
        scales.add_transform(scale, (channels, size, size))
        channels //= 2
    base = distributions.StandardNormal([points.shape[1]])
    flow = flows.Flow(scales, base)

    def log_prob(x):
        return flow.log_prob(x.reshape(-1, 1, side, side))

    log_prob(torch.from_numpy(points[: bench.BATCH]))  # starts ActNorm
    return torch_common.make_bench(
        "nflows", flow, log_prob, flow.sample, points, queries
    )

"""normflows: its masked affine and spline flows, a Glow as for the digits.

Its `MaskedAffineAutoregressive` is fast from z to x; `Reverse` makes the
density the fast way, as a MAF has it. Networks of spline couplings are its
residual ones.
"""

import math

import normflows as nf
import numpy as np
import torch

from benchmarks import bench, flow_task
from benchmarks.peers import digits_normflows, torch_common


def _bench(layers, points, queries, **options):
    base = nf.distributions.DiagGaussian(points.shape[1], trainable=False)
    flow = nf.NormalizingFlow(base, layers)
    return torch_common.make_bench(
        "normflows",
        flow,
        flow.log_prob,
        lambda count: flow.sample(count)[0],
        points,
        queries,
        **options,
    )


def maf(points: np.ndarray, queries: np.ndarray) -> bench.Bench:
    """Masked affine flows, and random permutations."""
    torch.manual_seed(0)
    D, layers = points.shape[1], []
    for _ in range(flow_task.LAYERS):
        flow = nf.flows.MaskedAffineAutoregressive(
            D,
            flow_task.HIDDEN[0],
            num_blocks=len(flow_task.HIDDEN) - 1,
            use_residual_blocks=False,
        )
        layers += [nf.flows.Reverse(flow), nf.flows.Permute(D)]
    return _bench(layers, points, queries, compiled_sample=False)


def spline(points: np.ndarray, queries: np.ndarray) -> bench.Bench:
    """Couplings with alternating masks."""
    torch.manual_seed(0)
    layers = [
        nf.flows.CoupledRationalQuadraticSpline(
            points.shape[1],
            num_blocks=1,
            num_hidden_channels=flow_task.UNITS[0],
            num_bins=flow_task.BINS,
            tail_bound=flow_task.EDGE,
            reverse_mask=bool(layer % 2),
        )
        for layer in range(flow_task.COUPLINGS)
    ]
    return _bench(layers, points, queries)


def image(points: np.ndarray, queries: np.ndarray) -> bench.Bench:
    """The Glow of the digits."""
    torch.manual_seed(0)
    side = math.isqrt(points.shape[1])
    model = digits_normflows.glow(
        flow_task.STEPS, flow_task.MAPS, (1, side, side)
    )

    def pictures(x):
        return x.reshape(-1, 1, side, side)

    model.log_prob(pictures(torch.from_numpy(points[: bench.BATCH])))
    return torch_common.make_bench(
        "normflows",
        model,
        lambda x: model.log_prob(pictures(x)),
        lambda count: model.flow.sample(count)[0],
        points,
        queries,
    )

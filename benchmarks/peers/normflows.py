"""normflows: the Real NVP of its README.

`AffineCouplingBlock` over its own `MLP`, and `Permute` in place of alternating
masks. The scale is the library's `exp(s)`, without a bound.
"""

import normflows as nf
import numpy as np
import torch

from benchmarks import bench
from benchmarks.peers import torch_common


def build(points: np.ndarray, queries: np.ndarray) -> bench.Bench:
    """Real NVP from normflows."""
    torch.manual_seed(0)
    layers = []
    for _ in range(bench.COUPLINGS):
        conditioner = nf.nets.MLP([1, *bench.HIDDEN, 2], init_zeros=True)
        layers.append(nf.flows.AffineCouplingBlock(conditioner))
        layers.append(nf.flows.Permute(2, mode="swap"))
    base = nf.distributions.DiagGaussian(2, trainable=False)
    flow = nf.NormalizingFlow(base, layers)
    return torch_common.make_bench(
        "normflows",
        flow,
        flow.log_prob,
        lambda count: flow.sample(count)[0],
        points,
        queries,
    )

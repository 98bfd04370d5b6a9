"""zuko: its `RealNVP` flow, which has all that the task asks for.

The scale is the library's softly bounded `exp(s / (1 + |s| / log 1000))`.
"""

import numpy as np
import torch
import zuko

from benchmarks import bench
from benchmarks.peers import torch_common


def build(points: np.ndarray, queries: np.ndarray) -> bench.Bench:
    """Real NVP from zuko."""
    torch.manual_seed(0)
    flow = zuko.flows.RealNVP(
        features=2, transforms=bench.COUPLINGS, hidden_features=bench.HIDDEN
    )
    return torch_common.make_bench(
        "zuko",
        flow,
        lambda x: flow().log_prob(x),
        lambda count: flow().sample((count,)),
        points,
        queries,
    )

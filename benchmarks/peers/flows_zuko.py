"""zuko: its `MAF`, and its `NSF` as couplings (`passes=2`).

The affine scale is softly bounded. `NSF` has no setting for the edge of its
box, which is ±5.
"""

import numpy as np
import torch
import zuko

from benchmarks import bench, flow_task
from benchmarks.peers import torch_common


def _bench(flow, points, queries, **options):
    return torch_common.make_bench(
        "zuko",
        flow,
        lambda x: flow().log_prob(x),
        lambda count: flow().sample((count,)),
        points,
        queries,
        **options,
    )


def maf(points: np.ndarray, queries: np.ndarray) -> bench.Bench:
    """The library's own."""
    torch.manual_seed(0)
    flow = zuko.flows.MAF(
        points.shape[1],
        transforms=flow_task.LAYERS,
        hidden_features=flow_task.HIDDEN,
    )
    return _bench(flow, points, queries, compiled_sample=False)


def spline(points: np.ndarray, queries: np.ndarray) -> bench.Bench:
    """The library's own, of two passes."""
    torch.manual_seed(0)
    flow = zuko.flows.NSF(
        points.shape[1],
        bins=flow_task.BINS,
        transforms=flow_task.COUPLINGS,
        hidden_features=flow_task.UNITS,
        passes=2,
    )
    return _bench(flow, points, queries)

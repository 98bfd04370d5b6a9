"""FrEIA: a graph of its blocks, as in its multi-scale examples."""

import math

import FrEIA.framework as graphs
import FrEIA.modules as blocks
import numpy as np
import torch

from benchmarks import bench, flow_task
from benchmarks.peers import torch_common
from benchmarks.peers.flows_torch import Network


def image(points: np.ndarray, queries: np.ndarray) -> bench.Bench:
    """ActNorm, a fixed 1x1 convolution and a one-sided coupling a step."""
    torch.manual_seed(0)
    D = points.shape[1]
    side = math.isqrt(D)
    nodes, ends = [graphs.InputNode(1, side, side, name="x")], []
    last = nodes[0]

    def then(source, block, options):
        nodes.append(graphs.Node(source, block, options))
        return nodes[-1]

    for scale in range(flow_task.SCALES):
        last = then(last, blocks.IRevNetDownsampling, {})
        channels = 4 * 2**scale
        for _ in range(flow_task.STEPS):
            matrix, _ = torch.linalg.qr(torch.randn(channels, channels))
            last = then(last, blocks.ActNorm, {})
            last = then(last, blocks.Fixed1x1Conv, {"M": matrix})
            options = {"subnet_constructor": Network}
            last = then(last, blocks.AffineCouplingOneSided, options)
        if scale < flow_task.SCALES - 1:
            split = then(last, blocks.Split, {})
            ends.append(then(split.out1, blocks.Flatten, {}))
            last = split.out0
    ends.append(then(last, blocks.Flatten, {}))
    for i, end in enumerate(ends):
        nodes.append(graphs.OutputNode(end, name=f"z{i}"))
    flow = graphs.GraphINN(nodes)
    sizes = [D // 2 ** (i + 1) for i in range(len(ends) - 1)]
    sizes.append(D - sum(sizes))

    def log_prob(x: torch.Tensor) -> torch.Tensor:
        z, log_det = flow(x.reshape(-1, 1, side, side))
        z = torch.cat(z, dim=1)
        log_base = -0.5 * (z**2).sum(1) - 0.5 * D * math.log(2 * math.pi)
        return log_base + log_det

    def sample(count: int) -> torch.Tensor:
        z = [torch.randn(count, size) for size in sizes]
        return flow(z, rev=True)[0]

    log_prob(torch.from_numpy(points[: bench.BATCH]))
    return torch_common.make_bench(
        "FrEIA", flow, log_prob, sample, points, queries
    )

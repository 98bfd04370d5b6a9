"""nflows: `AffineCouplingTransform` over its own `MLP`.

`SimpleRealNVP` of the library has residual conditioners, so the couplings are
put together by hand, as its README does. The scale is the library's
`sigmoid(s + 2) + 0.001`.
"""

from collections.abc import Sequence

import numpy as np
import torch
from nflows import distributions, flows, transforms
from nflows.nn import nets

from benchmarks import bench
from benchmarks.peers import torch_common


class Conditioner(nets.MLP):
    """`MLP` with the second argument that coupling transforms pass."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        hidden: Sequence[int] = bench.HIDDEN,
    ) -> None:
        super().__init__((inputs,), (outputs,), list(hidden))

    def forward(
        self, inputs: torch.Tensor, context: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Ignores the context, which is None."""
        return super().forward(inputs)


def build(points: np.ndarray, queries: np.ndarray) -> bench.Bench:
    """Real NVP from nflows."""
    torch.manual_seed(0)
    couplings = [
        transforms.AffineCouplingTransform(
            mask=[1, 0] if layer % 2 else [0, 1],
            transform_net_create_fn=Conditioner,
        )
        for layer in range(bench.COUPLINGS)
    ]
    flow = flows.Flow(
        transforms.CompositeTransform(couplings),
        distributions.StandardNormal([2]),
    )
    return torch_common.make_bench(
        "nflows", flow, flow.log_prob, flow.sample, points, queries
    )

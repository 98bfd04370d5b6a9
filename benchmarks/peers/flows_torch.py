"""What PyTorch peers of `flows.py` share: the network of image couplings."""

from typing import Any

import torch
from torch import nn

from benchmarks import flow_task


class Network(nn.Sequential):
    """Convolutions as Glow's: 3x3, 1x1, 3x3; the last one starts at 0."""

    def __init__(self, inputs: int, outputs: int) -> None:
        last = nn.Conv2d(flow_task.MAPS, outputs, 3, padding=1)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        super().__init__(
            nn.Conv2d(inputs, flow_task.MAPS, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(flow_task.MAPS, flow_task.MAPS, 1),
            nn.ReLU(),
            last,
        )

    def forward(self, x: torch.Tensor, context: Any = None) -> torch.Tensor:
        """Ignores the context, which some libraries pass."""
        return super().forward(x)

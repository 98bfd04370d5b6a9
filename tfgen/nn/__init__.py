"""Keras layers and networks without probabilistic meaning."""

from tfgen.nn.mlp import MLP
from tfgen.nn.residual_conv import ResidualConvNet
from tfgen.nn.running_batch_norm import RunningBatchNorm
from tfgen.nn.scale_shift import ScaleShift
from tfgen.nn.weight_norm import WeightNormConv2D

__all__ = [
    "MLP",
    "ResidualConvNet",
    "RunningBatchNorm",
    "ScaleShift",
    "WeightNormConv2D",
]

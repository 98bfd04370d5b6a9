"""Keras layers and networks without probabilistic meaning."""

from tfgen.nn.lookup import lookup
from tfgen.nn.lstm import LSTM
from tfgen.nn.masked import masked_mean, masked_softmax
from tfgen.nn.mlp import MLP
from tfgen.nn.residual_conv import ResidualConvNet
from tfgen.nn.running_batch_norm import RunningBatchNorm
from tfgen.nn.scale_shift import ScaleShift
from tfgen.nn.weight_norm import WeightNormConv2D

__all__ = [
    "LSTM",
    "MLP",
    "ResidualConvNet",
    "RunningBatchNorm",
    "ScaleShift",
    "WeightNormConv2D",
    "lookup",
    "masked_mean",
    "masked_softmax",
]

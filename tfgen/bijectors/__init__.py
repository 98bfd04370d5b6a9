"""Invertible functions: `tfp.bijectors.Bijector`s over Keras networks."""

from tfgen.bijectors.base import Bijector
from tfgen.bijectors.batch_norm import BatchNorm
from tfgen.bijectors.checkerboard_coupling import CheckerboardCoupling
from tfgen.bijectors.gray_levels import LogitGrayLevels
from tfgen.bijectors.multi_scale import MultiScale
from tfgen.bijectors.sequential import Sequential
from tfgen.bijectors.split_coupling import SplitCoupling
from tfgen.bijectors.squeeze import Squeeze

__all__ = [
    "BatchNorm",
    "Bijector",
    "CheckerboardCoupling",
    "LogitGrayLevels",
    "MultiScale",
    "Sequential",
    "SplitCoupling",
    "Squeeze",
]

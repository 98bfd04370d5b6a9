"""Invertible functions: `tfp.bijectors.Bijector`s over Keras networks."""

from tfgen.bijectors.act_norm import ActNorm
from tfgen.bijectors.autoregressive import Autoregressive, Inverse
from tfgen.bijectors.base import Bijector
from tfgen.bijectors.batch_norm import BatchNorm
from tfgen.bijectors.coupling import Coupling
from tfgen.bijectors.flatten import Flatten
from tfgen.bijectors.gray_levels import LinearGrayLevels, LogitGrayLevels
from tfgen.bijectors.invertible_conv import InvertibleConv
from tfgen.bijectors.mixture import Mixture
from tfgen.bijectors.multi_scale import MultiScale
from tfgen.bijectors.of_data import of_data
from tfgen.bijectors.permute import Permute
from tfgen.bijectors.planar import Planar, Radial
from tfgen.bijectors.sequential import Sequential
from tfgen.bijectors.spline import Spline
from tfgen.bijectors.splits import Checkerboard, Halves
from tfgen.bijectors.squeeze import Squeeze
from tfgen.bijectors.standardize import Standardize
from tfgen.bijectors.transformers import (
    Additive,
    Affine,
    Gated,
    Inverted,
    bounded,
)

__all__ = [
    "ActNorm",
    "Additive",
    "Affine",
    "Autoregressive",
    "BatchNorm",
    "Bijector",
    "Checkerboard",
    "Coupling",
    "Flatten",
    "Gated",
    "Halves",
    "Inverse",
    "Inverted",
    "InvertibleConv",
    "LinearGrayLevels",
    "LogitGrayLevels",
    "Mixture",
    "MultiScale",
    "Permute",
    "Planar",
    "Radial",
    "Sequential",
    "Spline",
    "Squeeze",
    "Standardize",
    "bounded",
    "of_data",
]

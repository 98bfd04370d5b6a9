"""Keras layers and networks without probabilistic meaning."""

from tfgen.nn.act_norm import ActNormLayer
from tfgen.nn.act_norm_conv import ActNormConvNet, ZeroConv
from tfgen.nn.alexnet import alexnet_stack
from tfgen.nn.batch_norm import FusedBatchNorm
from tfgen.nn.causal_conv import CausalConv
from tfgen.nn.coders import Decoder, Encoder
from tfgen.nn.dense_stack import (
    dense_discriminator,
    dense_generator,
    dense_stack,
)
from tfgen.nn.doubly_conv import DoublyConv2D
from tfgen.nn.gray_levels import from_unit, to_unit
from tfgen.nn.image_pool import ImagePool
from tfgen.nn.instance_norm import InstanceNorm
from tfgen.nn.joint_discriminator import joint_conv_discriminator
from tfgen.nn.ladder import Ladder
from tfgen.nn.ladder_coders import LadderDecoder, LadderEncoder
from tfgen.nn.logit import Logit
from tfgen.nn.lookup import distinct_words, lookup
from tfgen.nn.lstm import LSTM
from tfgen.nn.masked import masked_mean, masked_softmax
from tfgen.nn.masked_mlp import MaskedMLP, alternating
from tfgen.nn.mlp import MLP
from tfgen.nn.noise_planes import noise_plane_generator
from tfgen.nn.parameters import Parameters
from tfgen.nn.patch_gan import patch_gan
from tfgen.nn.pixel_by_pixel import PixelNetwork
from tfgen.nn.plu import PLU
from tfgen.nn.random_weights import randomize
from tfgen.nn.recurrence_lite import gru_lite, lstm_lite
from tfgen.nn.residual_conv import ResidualConvNet
from tfgen.nn.residual_generator import residual_generator
from tfgen.nn.running_batch_norm import RunningBatchNorm, TrainingStatistics
from tfgen.nn.scaled_tanh import ScaledTanh
from tfgen.nn.shifted import shifted
from tfgen.nn.strided_conv import (
    conv_decoder,
    conv_generator,
    conv_stack,
    initializer,
)
from tfgen.nn.swapout import Swapout
from tfgen.nn.unet import unet
from tfgen.nn.weight_norm import WeightNormConv2D, WeightNormDense

__all__ = [
    "LSTM",
    "MLP",
    "PLU",
    "ActNormConvNet",
    "ActNormLayer",
    "CausalConv",
    "Decoder",
    "DoublyConv2D",
    "Encoder",
    "FusedBatchNorm",
    "ImagePool",
    "InstanceNorm",
    "Ladder",
    "LadderDecoder",
    "LadderEncoder",
    "Logit",
    "MaskedMLP",
    "Parameters",
    "PixelNetwork",
    "ResidualConvNet",
    "RunningBatchNorm",
    "ScaledTanh",
    "Swapout",
    "TrainingStatistics",
    "WeightNormConv2D",
    "WeightNormDense",
    "ZeroConv",
    "alexnet_stack",
    "alternating",
    "conv_decoder",
    "conv_generator",
    "conv_stack",
    "dense_discriminator",
    "dense_generator",
    "dense_stack",
    "distinct_words",
    "from_unit",
    "gru_lite",
    "initializer",
    "joint_conv_discriminator",
    "lookup",
    "lstm_lite",
    "masked_mean",
    "masked_softmax",
    "noise_plane_generator",
    "patch_gan",
    "randomize",
    "residual_generator",
    "shifted",
    "to_unit",
    "unet",
]

"""What presets of variational autoencoders share.

Each of digits, sprites and MNIST is of two gray levels, and has no noise.
"""

import dataclasses
from typing import Any

from tfgen.config import DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.models import by_size, density_presets
from tfgen.models.settings import training


def auto(
    network: Any, spec: DataSpec, examples: int, data: DataConfig
) -> Preset:
    """Returns settings for other data than a model's presets'.

    Args:
      network: the model's settings, of which sizes are replaced.
      spec: of the data.
      examples: to train on.
      data: which data.
    """
    if spec.levels:
        data = dataclasses.replace(data, dequantize=False)
    width, sizes = by_size.units(spec.size), {"maps": ()}
    if by_size.side(spec) >= 32 and by_size.halvings(spec.shape) > 1:
        maps = by_size.maps(spec.shape, first=32)
        sizes = {"maps": maps, "activation": "relu"}
    network = dataclasses.replace(
        network,
        latent=by_size.latent(spec.size, most=50),
        hidden=(width,) * (1 if sizes["maps"] else 2),
        **sizes,
    )
    jit = {"jit_compile": not sizes["maps"]}
    train = by_size.training(examples, 200, 100, 2000, 100_000, **jit)
    return Preset(network, data, train)


# What table `disentangling` has in common: settings of networks.
ON_SPRITES = {
    "latent": 10,
    "hidden": (256, 256),
    "activation": "relu",
    "optimizer": OptimizerConfig(learning_rate=1e-3, schedule="cosine"),
}


def sprites(network: Any, side: int = 16) -> Preset:
    """Returns the preset of a model on all sprites.

    Args:
      network: with `ON_SPRITES`.
      side: pixels.
    """
    data = DataConfig(
        "sprites",
        num_examples=36_864,
        image_size=side,
        binarize=128,
        dequantize=False,
    )
    train = training(10_000, 100, 1000, jit_compile=True)
    return Preset(network, data, train)


def sprites_64(network: Any) -> Preset:
    """Returns the preset on sprites of the papers' size: a long training.

    Args:
      network: with the papers' convolutions.
    """
    train = training(300_000, 64, 10_000)
    return dataclasses.replace(sprites(network, 64), train=train)


# What perceptrons on digits have in common, likewise.
ON_DIGITS = {
    "hidden": (200, 200),
    "activation": "tanh",
    "optimizer": OptimizerConfig(learning_rate=2e-3, schedule="cosine"),
}
DIGITS = density_presets.DIGITS


def digits(network: Any) -> Preset:
    """Returns the preset of perceptrons on digits."""
    train = training(3000, 100, 200, jit_compile=True)
    return Preset(network, DIGITS, train)


def mnist_short(network: Any) -> Preset:
    """Returns the preset on 10,000 images of MNIST.

    Args:
      network: of table `mnist_ladder`, with `ON_MNIST`, or bits.
    """
    data = dataclasses.replace(density_presets.MNIST, train_examples=10_000)
    train = training(20_000, 128, 1000, jit_compile=True)
    return Preset(network, data, train)


# What autoencoders have in common there.
ON_MNIST = {
    "latent": 32,
    "hidden": (500,),
    "optimizer": OptimizerConfig(learning_rate=1e-3),
}

mnist, tiny = density_presets.mnist, density_presets.tiny

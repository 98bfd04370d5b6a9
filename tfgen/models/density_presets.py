"""What presets of models with a density share."""

import dataclasses
from typing import Any

from tfgen.config import TINY_TRAIN, DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.models import by_size, conditions
from tfgen.models.settings import training

# Steps of a few examples are large.
TINY_ADAM = OptimizerConfig(epsilon=1e-6)

# Of two gray levels, without noise.
DIGITS = DataConfig("digits", binarize=8, dequantize=False)
MNIST = DataConfig("mnist", binarize=128, dequantize=False)


def mnist(network: Any, *lengths: int, **options: Any) -> Preset:
    """Returns the preset on MNIST of two levels.

    Args:
      network: settings.
      *lengths: of `training`: steps, batch size, and how often it
        validates.
      **options: other settings of the training.
    """
    return Preset(network, MNIST, training(*lengths, **options))


def tiny(network: Any) -> Preset:
    """Returns the preset that the tests train, on digits of two levels."""
    return Preset(network, DIGITS, TINY_TRAIN)


def auto(
    network: Any, examples: int, data: DataConfig, *lengths: int
) -> Preset:
    """Returns settings of a model of whole levels for other data.

    Args:
      network: the model's settings.
      examples: to train on.
      data: which data; levels get no noise.
      *lengths: of `by_size.training`.
    """
    data = dataclasses.replace(data, dequantize=False)
    return Preset(network, data, by_size.training(examples, *lengths))


# Flows.

FLOW_ADAM = OptimizerConfig(
    learning_rate=2e-3, schedule="cosine", clip_norm=100.0
)


def gray_digits(
    network: Any, steps: int = 1500, batch_size: int = 64, **options: Any
) -> Preset:
    """Returns the preset of a flow on digits of 17 levels."""
    options |= {"checkpoint_every": 500, "ema_decay": 0.99}
    train = training(steps, batch_size, every=100, **options)
    return Preset(network, DataConfig("digits"), train)


def toy(network: Any, data: str = "moons", steps: int = 5000) -> Preset:
    """Returns the preset of a flow on points of the plane."""
    train = training(steps, 256, 1000, log_every=1000, jit_compile=True)
    return Preset(network, DataConfig(data), train)


def table(
    network: Any, spec: DataSpec, examples: int, data: DataConfig, **few: Any
) -> Preset:
    """Returns settings of a flow for a table; conditional if asked.

    Outliers' gradients are clipped; few rows, soon overfitted, validated often.

    Args:
      network: the model's settings.
      spec: of the data.
      examples: to train on.
      data: which data.
      **few: other settings of the model, for less than 5,000 rows.
    """
    train = by_size.training(examples, 100, 256, 2000, 50_000, ema_decay=0.99)
    if examples < 5_000:
        network = dataclasses.replace(network, **few)
        train = dataclasses.replace(train, evaluate_every=20)
    network = dataclasses.replace(
        network,
        conditional=bool(conditions.known(spec)),
        optimizer=dataclasses.replace(network.optimizer, clip_norm=5.0),
    )
    return Preset(network, data, train)


def tiny_points(network: Any) -> Preset:
    """Returns the preset that the tests train, on points of the plane."""
    return Preset(network, DataConfig("moons", num_examples=100), TINY_TRAIN)

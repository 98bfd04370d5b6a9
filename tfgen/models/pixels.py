"""What models of images share whose `network` is a `PixelNetwork`.

Vectors are images of one row. B is the batch, H W C an image.
"""

import dataclasses
from typing import Any

import tensorflow as tf

from tfgen.config import TINY_TRAIN, DataSpec, Preset, TrainConfig
from tfgen.data.settings import DataConfig
from tfgen.model import Model
from tfgen.models import by_size, conditions, discrete
from tfgen.models.settings import training


def shape(spec: DataSpec) -> tuple[int, int, int]:
    """Returns H, W and C of examples."""
    return spec.shape if len(spec.shape) == 3 else (1, spec.size, 1)


class Pixels:
    """Methods of a model of pixels; inherit before `discrete.Discrete`."""

    player = "network"

    def log_prob(self, x, training=False, **given):
        """Returns log p(x) in nats, [B].

        Args:
          x: [B, H, W, C] or [B, D] gray levels; what is behind the point does
            not count.
          training: use dropout.
          **given: the condition, of a conditional model.
        """
        return log_likelihood(self, x, conditions.vector(self, given), training)

    def receptive_field(self, x, **given):
        """Returns how much of each pixel the one in the middle sees, [H, W].

        That is the mean size of the gradient of its parameters.

        Args:
          x: [B, H, W, C] or [B, D] gray levels.
          **given: the condition, of a conditional model.
        """
        H, W, C = shape(self.spec)
        x = discrete.scaled(self, tf.reshape(x, [-1, H, W, C]))
        with tf.GradientTape() as tape:
            tape.watch(x)
            h = self.network(x, condition=conditions.vector(self, given))
            middle = h[:, H // 2, W // 2]
        gradient = tape.gradient(middle, x)
        return tf.reduce_mean(tf.reduce_sum(tf.abs(gradient), axis=-1), axis=0)


def log_likelihood(
    model: Model,
    x: tf.Tensor,
    condition: tf.Tensor | None,
    training: bool = False,
) -> tf.Tensor:
    """Returns log p(x | condition) in nats, [B].

    Args:
      model: has a `network` and a `density`.
      x: [B, ...] gray levels.
      condition: [B, N], if the network has one.
      training: use dropout.
    """
    x = tf.reshape(x, [-1, *shape(model.spec)])
    h = model.network(
        discrete.scaled(model, x), condition=condition, training=training
    )
    density = model.density.log_prob(tf.floor(x), tf.cast(h, x.dtype))
    return tf.reduce_sum(density, axis=[1, 2, 3])


def auto(
    network: Any, depth: str, spec: DataSpec, examples: int, data: DataConfig
) -> Preset:
    """Returns settings for other data than the presets'.

    Args:
      network: those for a few images of 8 x 8.
      depth: the setting that, like the maps, doubles for large images.
      spec: of the data.
      examples: to train on.
      data: which data.
    """
    times = 2 if by_size.side(spec) >= 16 else 1
    few = examples < 10_000
    network = dataclasses.replace(
        network,
        features=times * network.features,
        dropout=network.dropout if few else 0.0,
        **{depth: times * getattr(network, depth)},
    )
    ema = 0.99 if few else 0.999
    train = by_size.training(examples, 100, 64, 2000, 200_000, ema_decay=ema)
    data = dataclasses.replace(data, dequantize=False)
    return Preset(network, data, train)


def preset(
    network: Any, name: str, train: TrainConfig, binarize: int = 0
) -> Preset:
    """Returns settings for images without noise; see `DataConfig`."""
    data = DataConfig(name, binarize=binarize, dequantize=False)
    return Preset(network, data, train)


def digits(network: Any) -> Preset:
    """Returns the training on digits, some minutes."""
    train = training(2000, 64, every=200, ema_decay=0.99)
    return preset(network, "digits", train)


def tiny(network: Any) -> Preset:
    """Returns a training that tests can afford, on black and white digits."""
    return preset(network, "digits", TINY_TRAIN, binarize=8)

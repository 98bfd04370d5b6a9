"""The bijectors of Glow (Kingma & Dhariwal 2018, arXiv:1807.03039)."""

from typing import Any

import keras
import tensorflow as tf

from tfgen import bijectors, nn
from tfgen.nn.levels import softplus


def log_scale(s: tf.Tensor) -> tf.Tensor:
    """Returns log sigmoid(s + 2), from -7 on: so its inverse stays finite."""
    return tf.maximum(-softplus(-(s + 2)), -7.0)


def scales(
    config: Any, channels: int, networks: list[keras.layers.Layer]
) -> list[bijectors.Bijector]:
    """Returns the L scales of figure 2b, the first of images.

    Args:
      config: that of `tfgen/models/flows/glow.py`.
      channels: C of the images.
      networks: gets the layers that the bijectors close over.
    """
    found = []
    for i in range(config.scales):
        channels *= 4
        scale = [bijectors.Squeeze()]
        for _ in range(config.steps):
            scale.extend(_step(config, channels, networks))
        if i < config.scales - 1:
            scale.append(_prior(channels, networks))
            channels //= 2
        else:
            scale.append(_act_norm(networks))
        found.append(bijectors.Sequential(scale))
    return found


def _act_norm(networks):
    networks.append(nn.ActNormLayer())
    return bijectors.ActNorm(networks[-1], 3)


def _step(config, channels, networks):
    """One step of flow (figure 2a)."""
    norm = _act_norm(networks)
    matrix = nn.PLU(channels)
    # Two parameters of each of C/2 channels.
    network = nn.ActNormConvNet(config.features, channels, config.dropout)
    networks.extend([matrix, network])
    coupling = bijectors.Coupling(
        bijectors.Halves(event_ndims=3), network, bijectors.Affine(log_scale)
    )
    return [norm, bijectors.InvertibleConv(matrix), coupling]


def _prior(channels, networks):
    """N(mean, scale) of the half that leaves becomes N(0, 1)."""
    network = nn.ZeroConv(channels)
    networks.append(network)
    return bijectors.Coupling(
        bijectors.Halves(event_ndims=3),
        network,
        bijectors.Inverted(bijectors.Affine(bijectors.bounded)),
    )

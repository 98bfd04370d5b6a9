"""The bijectors of Real NVP (Dinh et al. 2017, arXiv:1605.08803).

Other transformers than the affine one make other flows of the same shape.
"""

import functools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from tfgen import bijectors
from tfgen.errors import UserError
from tfgen.models.flow import check_halves
from tfgen.nn import MLP, ResidualConvNet, RunningBatchNorm, ScaledTanh

Networks = list[keras.layers.Layer]


def affine(networks: Networks) -> bijectors.Affine:
    """Returns the transformer of Real NVP; s has a learned bound."""
    log_scale = ScaledTanh()
    networks.append(log_scale)
    return bijectors.Affine(log_scale)


def image_flow(
    config: Any,
    shape: tuple[int, ...],
    networks: Networks,
    transformer: Callable[[Networks], Any] = affine,
) -> list[bijectors.Bijector]:
    """Returns the multi-scale architecture of section 3.6.

    Args:
      config: that of `tfgen/models/flows/real_nvp.py`.
      shape: (H, W, C) of an image.
      networks: gets the layers that the bijectors close over.
      transformer: makes what couplings change numbers by.

    Raises:
      UserError: sides that cannot be halved so often.
    """
    c = config
    height, width, channels = shape
    factor = 2 ** (c.scales - 1)
    if height % factor or width % factor:
        raise UserError(
            f"network.scales={c.scales}: images of {height} x {width}"
            f" pixels must be divisible by 2^(scales - 1) = {factor}."
        )
    couplings = functools.partial(_couplings, c, networks, transformer)
    board = bijectors.Checkerboard
    channel_wise = functools.partial(bijectors.Halves, event_ndims=3)
    scales, features = [], c.features
    for _ in range(c.scales - 1):
        s_and_t = _conv_net(c, features)
        outer = couplings(3, board, channels, s_and_t)
        s_and_t = _conv_net(c, 2 * features)
        inner = couplings(3, channel_wise, 4 * channels, s_and_t)
        scale = [*outer, bijectors.Squeeze(), *inner]
        scales.append(bijectors.Sequential(scale))
        # Squeezing gives 4C channels, half of which are factored out.
        channels, features = 2 * channels, 2 * features
    s_and_t = _conv_net(c, features)
    last = couplings(4, board, channels, s_and_t)
    scales.append(bijectors.Sequential(last))
    return [bijectors.MultiScale(scales, shape, c.diagonal)]


def vector_flow(
    config: Any,
    shape: tuple[int, ...],
    networks: Networks,
    transformer: Callable[[Networks], Any] = affine,
) -> list[bijectors.Bijector]:
    """Returns couplings of alternating halves; see `image_flow`.

    If asked, another order of the numbers follows each two of them.
    """
    c = config
    (D,) = shape
    check_halves(D)
    s_and_t = functools.partial(
        MLP, c.hidden, zero_init=True, dropout=c.dropout
    )
    couplings = functools.partial(_couplings, c, networks, transformer)
    if not c.permute:
        return couplings(c.couplings, bijectors.Halves, D, s_and_t)
    random, flow = np.random.default_rng(0), []
    for done in range(0, c.couplings, 2):
        count = min(2, c.couplings - done)
        flow += couplings(count, bijectors.Halves, D, s_and_t)
        flow.append(bijectors.Permute(random.permutation(D)))
    return flow


def _couplings(c, networks, transformer, count, split, channels, s_and_t):
    """Couplings of alternating parts (section 3.5).

    Batch normalization follows each (section 3.7). `split` makes a split,
    and `s_and_t` a network with the outputs asked for.
    """
    flow = []
    for i in range(count):
        parts = split(swap=i % 2 == 1)
        change = transformer(networks)
        outputs = change.parameters * parts.changed(channels)
        network = s_and_t(outputs=outputs)
        networks.append(network)
        flow.append(bijectors.Coupling(parts, network, change))
        if c.batch_norm:
            norm = RunningBatchNorm(c.bn_momentum, c.bn_lag)
            networks.append(norm)
            flow.append(bijectors.BatchNorm(norm, parts.event_ndims))
    return flow


def _conv_net(c, features):
    """Makes residual networks, given `outputs` (sections 3.7 and 4.1)."""
    norm = functools.partial(
        RunningBatchNorm, c.bn_momentum, c.bn_lag, affine=True
    )
    return functools.partial(
        ResidualConvNet,
        features,
        c.blocks,
        scale_l2=c.scale_l2,
        norm=norm if c.batch_norm else None,
        dropout=c.dropout,
    )

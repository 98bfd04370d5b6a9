"""The layers of a neural spline flow of vectors; see `neural_spline`."""

import numpy as np

from tfgen import bijectors
from tfgen.model import Model
from tfgen.models import conditions, flow
from tfgen.nn import MLP, MaskedMLP


def vector_flow(model: Model, spline: bijectors.Spline) -> list:
    """Returns layers, each followed by another order of the numbers.

    Args:
      model: of vectors; `networks` gets those of the layers.
      spline: their transformer.

    Raises:
      UserError: one number, which couplings cannot halve.
    """
    config, size = model.config, model.spec.size
    if not config.autoregressive:
        flow.check_halves(size)
    random, layers = np.random.default_rng(0), []
    for i in range(config.layers):
        if config.autoregressive:
            network = MaskedMLP(
                config.hidden,
                np.arange(size),
                spline.parameters,
                condition=conditions.width(model),
                zero_init=True,
                dropout=config.dropout,
            )
            layer = bijectors.Autoregressive(network, spline)
        else:
            parts = bijectors.Halves(swap=i % 2 == 1)
            network = MLP(
                config.hidden,
                spline.parameters * parts.changed(size),
                zero_init=True,
                dropout=config.dropout,
            )
            layer = bijectors.Coupling(parts, network, spline)
        model.networks.append(network)
        layers.append(layer)
        # Of two numbers, couplings change the one and then the other.
        if config.autoregressive or size > 2:
            reverse = np.arange(size)[::-1]
            order = random.permutation(size) if size > 2 else reverse
            layers.append(bijectors.Permute(order))
    return layers

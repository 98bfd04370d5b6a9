"""Perceptrons of games of pairs (x, z), in NumPy and float64."""

import numpy as np


def layer(h, *kernels, bias=0.0, slope=None, normed=False):
    """One layer of appendix C.1 in float64; of several inputs, their sum."""
    pairs = zip(h if isinstance(h, list) else [h], kernels)
    y = sum(np.float64(a) @ np.float64(w) for a, w in pairs) + np.float64(bias)
    if normed:
        y = (y - y.mean(0)) / np.sqrt(y.var(0) + 1e-3)
    return y if slope is None else np.where(y > 0, y, slope * y)


def networks(model):
    """G, E before it is squashed, and D to logits, in NumPy."""

    def of(network):
        return [v.numpy() for v in network.trainable_variables]

    G, E = of(model.generator), of(model.encoder)
    D = of(model.discriminator) if hasattr(model, "discriminator") else []

    def generator(z):
        # z also enters the second layer.
        h = layer(z, G[0], slope=0, normed=True)
        h = layer([h, z], G[1], G[2], slope=0, normed=True)
        return np.tanh(layer(h, G[3], bias=G[4]))

    def encoder(x):
        h = layer(x, E[0], bias=E[1], slope=0.2)
        h = layer(h, E[2], slope=0.2, normed=True)
        return layer(h, E[3], bias=E[4])

    def discriminator(x, z=None):
        h = layer(x, D[0], bias=D[1], slope=0.2)
        if z is None:
            h = layer(h, D[2], slope=0.2, normed=True)
            return layer(h, D[3], bias=D[4])[:, 0]
        h = layer([h, z], D[2], D[3], slope=0.2, normed=True)
        return layer(h, D[4], bias=D[5])[:, 0]

    return generator, encoder, discriminator


def softplus(a):
    return np.logaddexp(0, a)

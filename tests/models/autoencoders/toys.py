"""Variational models of so few numbers that everything is known."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from tests.bijectors import checks
from tests.models.autoregressive.states import states
from tfgen.config import DataSpec

D = 3
X = states((D,), 2)  # [8, 3]


def build(kind, config, spec=None, **options):
    """Returns a model of 3 bits and one latent; the same weights each time.

    The decoder's are large, the encoder's are not, so that q is wide.
    """
    keras.utils.set_random_seed(0)
    small = {"latent": 1, "hidden": (4,), **options}
    spec = spec or DataSpec((D,), levels=2, num_classes=2)
    model = kind(dataclasses.replace(config, **small), spec)
    checks.randomize(model.encoder.variables, 0.3)
    checks.randomize(model.decoder.variables, 1.0)
    return model


def log_prob(model, x, **given):
    """Returns log p(x) in nats [B], by a sum over a grid of one latent."""
    z = np.linspace(-10, 10, 4001)
    prior = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
    grid = tf.tile(tf.constant(z)[None, :, None], [len(x), 1, 1])
    return np.log(np.exp(model.log_likelihood(x, grid, given)) @ prior)


def hermite(n=60):
    """Points [n, 1] and weights [n] of expectations over normal numbers."""
    points, weights = np.polynomial.hermite_e.hermegauss(n)
    return tf.constant(points[:, None]), weights / weights.sum()

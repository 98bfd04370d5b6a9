"""Bounds of the information of codes, where it is known exactly."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tfgen.config import DataSpec
from tfgen.model import Latent
from tfgen.models.codes import code_nats, entropy, named_codes

NORMAL = Latent((2,), "normal")
# What polynomials of second order of four normal numbers are on average, they
# are on average at these points.
SIGNS = np.array(list(itertools.product([-1.0, 1.0], repeat=4)))


def bound(latent, told, code):
    """H(c) + E log q(c|x)."""
    told = tf.constant(told, tf.float64)
    nats = code_nats(latent.prior, told, tf.constant(code, tf.float64))
    return entropy(latent) - np.mean(nats)


def test_the_bound_of_a_linear_gaussian_channel():
    """x = A c + e: never above I = 1/2 log det(1 + A A' / s^2); I of p(c|x)."""
    s = 0.7
    A = np.array([[1.2, -0.9], [0.8, 1.35]])  # columns at right angles
    c, noise = SIGNS[:, :2], s * SIGNS[:, 2:]
    x = c @ A.T + noise
    information = 0.5 * np.linalg.slogdet(np.eye(2) + A @ A.T / s**2)[1]
    precision = np.diag(A.T @ A) / s**2 + 1
    mean = x @ A / s**2 / precision
    log_stddev = -0.5 * np.log(precision)

    def of(mean, log_stddev):
        told = np.concatenate([mean, 0 * mean + log_stddev], axis=1)
        return bound(NORMAL, told, c)

    assert of(mean, log_stddev) == pytest.approx(information, abs=1e-12)
    random = np.random.default_rng(0)
    for _ in range(20):
        w = random.normal(size=(2, 2)) / 3
        worse = of(mean + x @ w, log_stddev + random.normal(size=2) / 3)
        assert worse < information
    # Of a deviation of 1, the mean alone.
    assert bound(NORMAL, mean, c) < information
    np.testing.assert_allclose(
        bound(NORMAL, mean, c), of(mean, 0.0), **tolerances.EXACT
    )


def test_who_knows_nothing_has_no_information():
    """Q is the prior."""
    category = Latent((10,), "categorical")
    code = np.eye(10)
    assert bound(category, np.zeros((10, 10)), code) == pytest.approx(0)
    told = np.zeros((16, 4))
    assert bound(NORMAL, told, SIGNS[:, :2]) == pytest.approx(0)


def test_who_knows_all_has_the_entropy():
    category, code = Latent((10,), "categorical"), np.eye(10)
    assert bound(category, 100 * code, code) == pytest.approx(np.log(10))
    assert np.log(10) == pytest.approx(2.3026, abs=1e-4)


def test_entropies_of_densities():
    uniform = Latent((3,), "uniform")
    assert entropy(uniform) == pytest.approx(3 * np.log(2))
    assert entropy(NORMAL) == pytest.approx(np.log(2 * np.pi * np.e))


def test_names():
    codes = "digit=categorical:10", "slant=uniform", "w=normal:2"
    found = named_codes(codes, DataSpec())
    assert found == {
        "digit": Latent((10,), "categorical"),
        "slant": Latent((1,), "uniform"),
        "w": Latent((2,), "normal"),
    }

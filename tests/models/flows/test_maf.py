import dataclasses
import math

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from tests import tolerances
from tests.bijectors import checks
from tfgen.config import DataSpec, Field
from tfgen.models.flows.maf import MAF, PRESETS, Config

POINTS = DataSpec((3,), num_classes=2)
SMALL = Config(layers=2, hidden=(9,), activation="tanh", batch_norm=False)

pytestmark = pytest.mark.usefixtures("float64")


def build(spec=POINTS, **options):
    model = MAF(dataclasses.replace(SMALL, **options), spec)
    checks.randomize(model.variables, 0.3)
    return model


def test_density_is_that_of_the_paper():
    """Equations 2 to 5, number by number, in NumPy."""
    model, x = build(), checks.normal(5, 3).numpy()
    u, log_det = x, np.zeros(5)
    for network in model.networks:
        h = network(tf.constant(u)).numpy()
        alpha, mu = np.split(h, 2, axis=1)
        alpha = alpha / (1 + abs(alpha) / math.log(1000))
        u = (u - mu) * np.exp(-alpha)
        log_det -= alpha.sum(axis=1)
    normal = -0.5 * (u**2 + math.log(2 * math.pi)).sum(axis=1)
    np.testing.assert_allclose(
        model.log_prob(x), normal + log_det, **tolerances.EXACT
    )
    np.testing.assert_allclose(model.encode(x), u, **tolerances.EXACT)
    np.testing.assert_allclose(model.decode(u), x, **tolerances.EXACT)


def test_a_layer_is_that_of_tfp():
    """TFP maps noise to data; its log scale is alpha."""
    model, x = build(layers=1), checks.normal(5, 3)

    def shift_and_log_scale(y):
        alpha, mu = tf.split(model.networks[0](y), 2, axis=1)
        return mu, alpha / (1 + tf.abs(alpha) / math.log(1000))

    flow = tfp.bijectors.MaskedAutoregressiveFlow(shift_and_log_scale)
    normal = tfp.distributions.MultivariateNormalDiag(tf.zeros(3, tf.float64))
    density = tfp.distributions.TransformedDistribution(normal, flow)
    np.testing.assert_allclose(
        model.log_prob(x), density.log_prob(x), **tolerances.EXACT
    )


def test_layers_reverse_the_order():
    """x_1 comes first of all; of the next layer u_D does."""
    first, second = build().networks
    assert list(first.order) == [0, 1, 2]
    assert list(second.order) == [2, 1, 0]


def test_density_on_the_plane_integrates_to_one():
    model = build(DataSpec((2,)), batch_norm=True)
    side = np.arange(-12, 12, 0.05) + 0.025
    points = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    total = np.exp(model.log_prob(points)).sum() * 0.05**2
    np.testing.assert_allclose(total, 1, **tolerances.QUADRATURE)


@pytest.mark.parametrize("size", [1, 3])
def test_every_number_depends_on_the_condition(size):
    spec = DataSpec((size,), fields=(Field("attributes", (2,)),))
    model = build(spec, conditional=True)
    x = checks.normal(1, size)
    u = [
        model.encode(x, attributes=tf.constant([a], tf.float64)).numpy()
        for a in ([0, 0], [1, 0], [0, 1])
    ]
    assert np.all(u[0] != u[1])
    assert np.all(u[0] != u[2])


def test_samples_follow_the_density():
    """E[f(x)] over samples and under the density by quadrature."""
    model = build(DataSpec((1,)))
    x = model.sample(checks.normal(100_000, 1)).numpy()[:, 0]
    grid = np.linspace(-15, 15, 4001)
    p = np.exp(model.log_prob(grid[:, None])) * (grid[1] - grid[0])
    expected = np.sum(p * np.tanh(grid))
    error = np.tanh(x).std() / len(x) ** 0.5
    assert abs(np.tanh(x).mean() - expected) < 5 * error


def test_settings_of_the_paper():
    mnist = PRESETS["mnist"].network
    assert (mnist.layers, mnist.hidden, mnist.alpha) == (5, (1024, 1024), 1e-6)
    assert mnist.optimizer.learning_rate == 1e-4
    assert PRESETS["cifar10"].network.alpha == 0.05

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.bijectors import checks
from tfgen import bijectors
from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.models.flows.planar import Config, PlanarFlow
from tfgen.nn import energies

PLANE = DataSpec((2,), num_classes=2)
KINDS = ["planar", "radial"]

pytestmark = pytest.mark.usefixtures("float64")


def build(kind, spec=PLANE, **options):
    config = dataclasses.replace(Config(kind=kind, layers=3), **options)
    return PlanarFlow(config, spec)


def test_slopes_stay_positive():
    """w'u^ > -1 for any u and w, also where |w| is not 1 (appendix A.1)."""
    random = np.random.default_rng(0)
    scale = np.exp(random.normal(0, 2, (10_000, 1)))
    numbers = tf.constant(scale * random.standard_normal((10_000, 7)))
    flow = bijectors.Planar(lambda condition: numbers)
    u, w, _, m = flow._of(tf.zeros((10_000, 3)), None)
    product = tf.reduce_sum(u * w, axis=1, keepdims=True)
    np.testing.assert_allclose(product, m, rtol=1e-6, atol=1e-9)
    assert np.all(m > -1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", [bijectors.Planar, bijectors.Radial])
def test_no_parameters_make_nan(kind, dtype):
    """10,000 draws, inputs to 1e4, gradients too, both ways."""
    random = np.random.default_rng(1)
    scale = np.exp(random.normal(0, 2, (10_000, 1)))
    size = 5 if kind is bijectors.Planar else 4
    draws = scale * random.standard_normal((10_000, size))
    x = random.standard_normal((10_000, 2)) * 10 ** random.uniform(
        -4, 4, (10_000, 1)
    )
    numbers, x = tf.constant(draws, dtype), tf.constant(x, dtype)
    flow = kind(lambda condition: numbers)
    for method in (flow.forward_and_log_det, flow.inverse_and_log_det):
        with tf.GradientTape() as tape:
            tape.watch([x, numbers])
            y, log_det = method(x)
            total = tf.reduce_sum(y) + tf.reduce_sum(log_det)
        for tensor in (y, log_det, *tape.gradient(total, [x, numbers])):
            assert np.all(np.isfinite(tensor))


@pytest.mark.parametrize("kind", KINDS)
def test_density_on_the_plane_integrates_to_one(kind):
    model = build(kind)
    checks.randomize(model.variables)
    side = np.arange(-12, 12, 0.05) + 0.025
    points = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    total = np.exp(model.log_prob(points)).sum() * 0.05**2
    np.testing.assert_allclose(total, 1, **tolerances.QUADRATURE)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_go_through_the_inverse(kind):
    """Of log q(x) in the parameters, against differences."""
    model, x = build(kind), checks.normal(4, 2)
    variable = model.networks[1].offset
    value = variable.numpy()

    def total(offset):
        variable.assign(offset)
        return float(tf.reduce_sum(model.log_prob(x)))

    with tf.GradientTape() as tape:
        nats = tf.reduce_sum(model.log_prob(x))
    found = tape.gradient(nats, variable).numpy()
    steps = 1e-5 * np.eye(len(value))
    expected = [(total(value + s) - total(value - s)) / 2e-5 for s in steps]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("number", energies.ENERGIES)
def test_divergence_is_that_of_the_grid(number):
    """E_q [log q + U + log Z] from samples, and on a grid, for some q."""
    model = build("planar", energy=number)
    n = 20_000
    kl = model.per_example_metrics(
        {"x": checks.normal(n, 2), "z": checks.normal(n, 2)}
    )["kl"].numpy()
    side = np.arange(-9, 9, 0.05) + 0.025
    points = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    log_q = model.log_prob(points).numpy()
    log_p = -energies.energy(number, tf.constant(points)).numpy()
    log_p -= np.log(np.exp(log_p).sum() * 0.05**2)
    expected = np.sum(np.exp(log_q) * (log_q - log_p)) * 0.05**2
    assert abs(kl.mean() - expected) < 5 * kl.std() / n**0.5 + 1e-3


def test_energy_is_annealed():
    model, z = build("planar", energy=2), checks.normal(3, 2)

    def loss(step):
        batch = {"z": z, "step": tf.fill([3], step)}
        return model.per_example_losses(batch, training=True)["flow"].numpy()

    U = energies.energy(2, model.decode(z)).numpy()
    entropy = loss(0) - 0.01 * U
    np.testing.assert_allclose(loss(4000), entropy + 0.41 * U)
    np.testing.assert_allclose(loss(20_000), entropy + U)


def test_energies_are_of_the_plane():
    message = "^network.energy=1: is over the plane and has no condition"
    with pytest.raises(UserError, match=message):
        build("planar", DataSpec((3,)), energy=1)

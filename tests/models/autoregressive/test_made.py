import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats

from tests import tolerances
from tests.bijectors import checks
from tests.models.autoregressive.states import (
    check_completion,
    check_draws,
    check_probabilities,
    states,
)
from tfgen.config import Column, DataSpec
from tfgen.models.autoregressive.made import MADE, PRESETS, Config

pytestmark = pytest.mark.usefixtures("float64")
SMALL = Config(hidden=(9,), orders=1)


def build(shape=(10,), levels=2, num_classes=0, **options):
    spec = DataSpec(shape, levels=levels, num_classes=num_classes)
    model = MADE(dataclasses.replace(SMALL, **options), spec)
    checks.randomize(model.variables, 0.5)
    return model


def build_real(columns=(), shape=(3,), **options):
    spec = DataSpec(shape, columns=columns)
    model = MADE(dataclasses.replace(SMALL, **options), spec)
    checks.randomize(model.variables, 0.3)
    return model


@pytest.mark.parametrize("order", ["natural", "random"])
@pytest.mark.parametrize("orders", [1, 3])
def test_probabilities_of_all_states_sum_to_one(orders, order):
    check_probabilities(build(orders=orders, order=order))
    check_probabilities(build((2, 2, 1), levels=4, orders=orders, order=order))


def test_a_random_order():
    """One order, which samples are made in; what is first sees nothing."""
    model = build((6,), order="random", hidden=(60,))
    order = model.network.order
    assert sorted(order) == list(range(6)) != list(order)
    slopes = checks.jacobian(model.network, checks.normal(3, 6))
    before = np.argsort(order)[:, None] > np.argsort(order)
    np.testing.assert_array_equal(np.any(slopes != 0, axis=0), before)
    check_completion(build((2, 3, 1), levels=4, order="random"))
    three = build((6,), orders=3, order="random")
    np.testing.assert_array_equal(three.network.order, order)


@pytest.mark.parametrize("order", ["natural", "random"])
def test_orders_differ(order):
    """Of two numbers there are two, whatever is asked for."""
    for orders in (2, 5):
        model = build((2,), orders=orders, order=order)
        assert sorted(map(tuple, model._places)) == [(0, 1), (1, 0)]


def test_density_is_the_mean_over_orders():
    """Of probabilities, not of their logarithms."""
    model, x = build((3,), orders=3), states((3,), 2)
    densities = [
        np.exp(model._log_prob(x, order, False, {})) for order in range(3)
    ]
    assert np.max(np.std(densities, axis=0)) > 0.01
    np.testing.assert_allclose(
        np.exp(model.log_prob(x)),
        np.mean(densities, axis=0),
        **tolerances.EXACT,
    )


def test_a_step_trains_its_order():
    model, x = build((3,), orders=3), states((3,), 2)
    for step in (1, 5):
        batch = {"x": x, "step": tf.fill([8], step)}
        loss = model.per_example_losses(batch, training=True)["autoencoder"]
        np.testing.assert_allclose(
            loss, -model._log_prob(x, step % 3, False, {}), **tolerances.EXACT
        )


def test_draws():
    check_draws(build((2,)))
    check_draws(build((1, 2, 1), levels=3))


def test_completion():
    check_completion(build((2, 3, 1), levels=4))


def test_labels_condition_every_number():
    model = build((1,), num_classes=2, conditional=True)
    p = [
        np.exp(model.log_prob(states((1,), 2), label=tf.fill([2], label)))
        for label in (0, 1)
    ]
    np.testing.assert_allclose(np.sum(p, axis=1), 1, **tolerances.EXACT)
    assert np.all(p[0] != p[1])


def test_what_is_behind_the_point_does_not_count():
    model, x = build(), states((10,), 2)[:9]
    noisy = x + 0.999 * np.random.default_rng(0).uniform(size=x.shape)
    np.testing.assert_array_equal(model.log_prob(noisy), model.log_prob(x))


TABLE = (Column("a", 3.0, 2.0), Column("b", -1.0, 0.5), Column("c", 0.0, 9.0))


@pytest.mark.parametrize("columns", [(), TABLE])
def test_real_numbers_have_normal_conditionals(columns):
    """Those of SciPy, in the table's units, averaged over orders."""
    model = build_real(columns, orders=2)
    mean, stddev = ([c.mean for c in columns], [c.stddev for c in columns])
    x = checks.normal(5, 3).numpy()
    z = (x - mean) / stddev if columns else x
    expected = []
    for places in model._places:
        h = model.network(tf.constant(z), places=places).numpy()
        density = stats.norm(h[:, :3], np.exp(h[:, 3:]))
        unit = np.log(stddev).sum() if columns else 0.0
        expected.append(density.logpdf(z).sum(axis=1) - unit)
    np.testing.assert_allclose(
        model.log_prob(x),
        special.logsumexp(expected, axis=0) - np.log(2),
        **tolerances.EXACT,
    )


@pytest.mark.parametrize("columns", [(), TABLE])
def test_real_draws_are_quantiles(columns):
    """The density gives each number's share below it: the uniform number."""
    model = build_real(columns)
    u = np.random.default_rng(0).uniform(0.01, 0.99, size=(6, 3))
    z = x = model.draw(tf.constant(u)).numpy()
    if columns:
        z = (x - [c.mean for c in columns]) / [c.stddev for c in columns]
    h = model.network(tf.constant(z)).numpy()
    below = stats.norm(h[:, :3], np.exp(h[:, 3:])).cdf(z)
    np.testing.assert_allclose(below, u, **tolerances.FLOAT32)


def test_real_numbers_are_completed():
    model, x = build_real(TABLE), checks.normal(4, 3)
    mask = np.tile([1.0, 0.0, 1.0], (4, 1))
    found = model.complete(x, tf.constant(mask), checks.normal(4, 3))
    np.testing.assert_array_equal(np.where(mask, found, x), x)
    assert np.all(found.numpy()[:, 1] != x.numpy()[:, 1])


def test_settings_of_the_paper():
    network = PRESETS["mnist"].network
    assert (network.hidden, network.orders) == ((8000, 8000), 32)
    assert PRESETS["mnist"].data.binarize == 128

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.bijectors import checks
from tests.models.autoregressive.states import (
    check_completion,
    check_draws,
    check_probabilities,
    states,
)
from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.models.autoregressive.made import MADE, PRESETS, Config

pytestmark = pytest.mark.usefixtures("float64")
SMALL = Config(hidden=(9,), orders=1)


def build(shape=(10,), levels=2, num_classes=0, **options):
    spec = DataSpec(shape, levels=levels, num_classes=num_classes)
    model = MADE(dataclasses.replace(SMALL, **options), spec)
    checks.randomize(model.variables, 0.5)
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


def test_real_numbers_are_refused():
    with pytest.raises(UserError, match="real numbers, but made is of gray"):
        MADE(SMALL, DataSpec((2,)))


def test_settings_of_the_paper():
    network = PRESETS["mnist"].network
    assert (network.hidden, network.orders) == ((8000, 8000), 32)
    assert PRESETS["mnist"].data.binarize == 128

import dataclasses
import itertools

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
from tfgen.models.autoregressive.deep_nade import PRESETS, Config, DeepNADE

pytestmark = pytest.mark.usefixtures("float64")
SMALL = Config(hidden=(6, 5), orders=3)


def build(shape=(10,), levels=2, num_classes=0, **options):
    spec = DataSpec(shape, levels=levels, num_classes=num_classes)
    model = DeepNADE(dataclasses.replace(SMALL, **options), spec)
    checks.randomize(model.variables, 0.5)
    return model


def losses(model, x, order, known):
    batch = {"x": x, "order": tf.constant(order), "known": tf.constant(known)}
    return model.per_example_losses(batch, training=True)["network"]


def test_probabilities_of_all_states_sum_to_one():
    check_probabilities(build())
    check_probabilities(build((2, 2, 1), levels=4))
    model = build((3,), num_classes=2, conditional=True)
    check_probabilities(model, label=tf.constant([1]))


def test_mean_loss_is_that_over_all_orders():
    """Of all 24 orders of 4 numbers and all 4 d."""
    model = build((4,))
    orders = np.array(list(itertools.permutations(range(4))))
    places = np.argsort(orders, axis=1)
    for x in states((4,), 2)[3:6]:
        rows = tf.repeat(x[None], 96, axis=0)
        loss = losses(
            model,
            rows,
            (np.repeat(places, 4, axis=0) + 0.5) / 4,
            (np.tile(np.arange(4), 24) + 0.5) / 4,
        )
        expected = -np.mean(model._in_orders(x[None], orders, {}))
        np.testing.assert_allclose(np.mean(loss), expected, **tolerances.EXACT)


def test_orders_share_the_network():
    """Each conditional from the network's mask, the density from their mean."""
    model, x = build((5,), levels=3), states((5,), 3)[7::30]
    p = []
    for order in model._orders:
        log_p, mask = 0, np.zeros((len(x), 5))
        for d in order:
            h = model.network(x / 2, tf.constant(mask))
            log_p += tf.nn.log_softmax(h[:, d]).numpy()[
                np.arange(len(x)), x.numpy()[:, d].astype(int)
            ]
            mask[:, d] = 1
        p.append(np.exp(log_p))
    assert np.max(np.std(p, axis=0)) > 1e-4
    np.testing.assert_allclose(
        np.exp(model.log_prob(x)), np.mean(p, axis=0), **tolerances.EXACT
    )


@pytest.mark.parametrize("shape, levels", [((2,), 2), ((1, 2, 1), 3)])
def test_draws(shape, levels):
    check_draws(build(shape, levels, orders=1))


def test_completion():
    check_completion(build((2, 3, 1), levels=4))


def test_completion_is_given_all_that_is_known():
    """The first number given the second, which comes later in the order."""
    model, n = build((2,)), 1000
    noise = checks.normal(n, 2)
    x = tf.zeros((n, 2), tf.float64) + [0.0, 1.0]
    made = model.complete(x, tf.zeros_like(x) + [0.0, 1.0], noise)
    both = tf.constant([[0.0, 1.0], [1.0, 1.0]], tf.float64)
    p = np.exp(model._in_orders(both, np.array([[1, 0]]), {}))[0]
    expected = model.uniforms(noise)[:, 0] >= p[0] / p.sum()
    np.testing.assert_array_equal(made[:, 0] == 1, expected)


def test_settings_of_the_paper():
    assert PRESETS["mnist"].network.hidden == (500, 500)
    assert PRESETS["mnist"].data.binarize == 128

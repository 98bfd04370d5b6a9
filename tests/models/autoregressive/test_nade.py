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
from tfgen.models.autoregressive.nade import NADE, PRESETS, Config

pytestmark = pytest.mark.usefixtures("float64")


def build(shape=(10,), levels=2, num_classes=0, **options):
    spec = DataSpec(shape, levels=levels, num_classes=num_classes)
    model = NADE(dataclasses.replace(Config(hidden=5), **options), spec)
    checks.randomize(model.variables, 0.5)
    return model


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_probabilities_of_all_states_sum_to_one():
    check_probabilities(build())
    check_probabilities(build((2, 2, 1), levels=4))
    model = build((3,), num_classes=2, conditional=True)
    check_probabilities(model, label=tf.constant([1]))


def test_recurrence_of_the_paper():
    """Each conditional from all numbers before it: O(D^2 H)."""
    model = build((7,))
    W, c, V, b = (v.numpy() for v in model.trainable_variables)
    x = states((7,), 2).numpy()
    expected = 0
    for d in range(7):
        h = sigmoid(c + x[:, :d] @ W[:d])
        p = sigmoid(b[d, 0, 0] + h @ V[d, :, 0])
        expected += np.log(np.where(x[:, d] == 1, p, 1 - p))
    found = model.log_prob(tf.constant(x))
    np.testing.assert_allclose(found, expected, **tolerances.EXACT)


def test_number_by_number_is_the_same():
    model = build((2, 3, 1), levels=3, num_classes=2, conditional=True)
    network, x = model.network, checks.normal(4, 6)
    condition = tf.one_hot([0, 1, 0, 1], 2, dtype=tf.float64)
    expected = tf.reshape(network(x, condition=condition), [4, 3, 6])
    state = network.start(4, condition)
    for d in range(6):
        np.testing.assert_allclose(
            network.parameters(state, d),
            expected[:, :, d],
            **tolerances.EXACT,
        )
        state = network.read(state, d, x[:, d])


def test_gradient_of_blocks_is_that_of_differences():
    model, x = build((5,)), states((5,), 2)
    variables = model.trainable_variables
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model.log_prob(x))
    for v, gradient in zip(variables, tape.gradient(loss, variables)):
        step, value = checks.normal(*v.shape), v.numpy()
        ends = []
        for sign in (1, -1):
            v.assign(value + sign * 1e-5 * step)
            ends.append(float(tf.reduce_sum(model.log_prob(x))))
        v.assign(value)
        np.testing.assert_allclose(
            (ends[0] - ends[1]) / 2e-5,
            float(tf.reduce_sum(gradient * step)),
            rtol=1e-6,
        )


@pytest.mark.parametrize("shape, levels", [((2,), 2), ((1, 2, 1), 3)])
def test_draws(shape, levels):
    check_draws(build(shape, levels))


def test_completion():
    check_completion(build((2, 3, 1), levels=4))


def test_settings_of_the_paper():
    assert PRESETS["mnist"].network.hidden == 500
    assert PRESETS["mnist"].data.binarize == 128

"""What holds for each model of numbers one by one."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tests.bijectors import checks
from tests.models.autoregressive.states import check_probabilities, states
from tfgen import registry
from tfgen.config import DataSpec

pytestmark = pytest.mark.usefixtures("float64")
MODELS = {
    "fvbn": {},
    "made": {"hidden": (9,), "orders": 2},
    "nade": {"hidden": 5},
    "deep_nade": {"hidden": (6, 5), "orders": 2},
}


every = pytest.mark.parametrize("name", MODELS)


def build(name, shape, levels, **options):
    config = registry.get(name).module().Config(**MODELS[name] | options)
    model = registry.get(name).build(config, DataSpec(shape, levels=levels))
    checks.randomize(model.variables, 0.5)
    return model


@every
@pytest.mark.parametrize("shape, levels", [((10,), 2), ((2, 2, 1), 4)])
def test_training_keeps_the_sum(name, shape, levels):
    """Over all states, of trained weights and of their averages."""
    model = build(name, shape, levels)
    check_probabilities(model)
    optimizer = keras.optimizers.Adam(0.1, use_ema=True, ema_momentum=0.8)
    x, random = states(shape, levels)[:50], np.random.default_rng(0)
    before = np.mean(model.log_prob(x))
    for step in range(8):
        batch = {"x": x, "step": tf.fill([50], step)}
        for noise, of in model.noise.items():
            batch[noise] = tf.constant(random.random((50, *of.shape)))
        with tf.GradientTape() as tape:
            losses = model.per_example_losses(batch, training=True)
            loss = tf.reduce_mean(losses[model.player])
        variables = model.trainable_variables
        optimizer.apply(tape.gradient(loss, variables), variables)
    trained = model.log_prob(x)
    assert np.mean(trained) > before + 1
    check_probabilities(model)
    optimizer.finalize_variable_values(variables)
    assert np.all(model.log_prob(x) != trained)
    check_probabilities(model)


@every
def test_temperature(name):
    """It scales the noise; without any, each number is its median."""
    one = {} if name in ("fvbn", "nade") else {"orders": 1}
    model = build(name, (3,), levels=4, **one)
    # By all states: p(x_d | x_<d) is a ratio of sums.
    p = np.exp(model.log_prob(states((3,), 4))).reshape(4, 4, 4)
    path = []
    for d in range(3):
        given = p[tuple(path)]
        rest = given.sum(axis=tuple(range(1, 3 - d)))
        path.append(np.sum(np.cumsum(rest) / rest.sum() <= 0.5))
    cold = model.sample(tf.zeros((2, 3), tf.float64))
    np.testing.assert_array_equal(cold, [path, path])
    noise = checks.normal(50, 3)
    for temperature in (0.3, 1.0):
        uniforms = stats.norm.cdf(temperature * noise)
        np.testing.assert_array_equal(
            model.sample(temperature * noise), model.draw(uniforms)
        )

"""What holds for each model of numbers one by one."""

import keras
import numpy as np
import pytest
import tensorflow as tf

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


@pytest.mark.parametrize("name", MODELS)
def test_training_keeps_the_sum(name):
    """Over all states, of trained weights and of their averages."""
    config = registry.get(name).load().Config(**MODELS[name])
    model = registry.get(name).build(config, DataSpec((8,), levels=2))
    checks.randomize(model.variables, 0.5)
    optimizer = keras.optimizers.Adam(0.1, use_ema=True, ema_momentum=0.8)
    x, random = states((8,), 2)[:50], np.random.default_rng(0)
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

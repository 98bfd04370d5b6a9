"""What holds for every model that makes images pixel by pixel."""

import dataclasses

import keras
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
from tfgen import registry
from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.models import discrete

pytestmark = pytest.mark.usefixtures("float64")
every = pytest.mark.parametrize(
    "name", ["pixel_cnn", "gated_pixel_cnn", "pixel_cnn_pp"]
)


def build(name, shape=(2, 2, 1), levels=4, num_classes=0, noise=0.5, **options):
    spec = DataSpec(shape, levels=levels, num_classes=num_classes)
    tiny = registry.get(name).module().PRESETS["tiny"].network
    config = dataclasses.replace(tiny, **options)
    model = registry.get(name).build(config, spec)
    checks.randomize(model.variables, noise)
    return model


@every
def test_probabilities_of_all_states_sum_to_one(name):
    """Fresh, colours, trained, and with averaged weights."""
    check_probabilities(build(name, noise=0))
    check_probabilities(build(name, (1, 1, 3)))
    model = build(name)
    optimizer = keras.optimizers.Adam(0.1, use_ema=True)
    batch = {"x": states((2, 2, 1), 4)[:9]}
    for _ in range(2):
        with tf.GradientTape() as tape:
            losses = model.per_example_losses(batch, training=True)
            loss = tf.reduce_mean(losses[model.player])
        variables = model.trainable_variables
        optimizer.apply(tape.gradient(loss, variables), variables)
    check_probabilities(model)
    trained = model.log_prob(batch["x"])
    optimizer.finalize_variable_values(variables)
    assert np.all(model.log_prob(batch["x"]) != trained)
    check_probabilities(model)


DEEP = {
    "pixel_cnn": {"blocks": 4},
    "gated_pixel_cnn": {"layers": 4},
    "pixel_cnn_pp": {},
}


def seen(model):
    """[D, D], whether parameters of number i depend on number j."""
    x = checks.normal(4, *model.spec.shape)
    D = model.spec.size

    def parameters(rows):
        return tf.reduce_sum(tf.sin(model.network(rows)), axis=-1)

    return np.any(checks.jacobian(parameters, x).reshape(-1, D, D), axis=0)


@every
def test_a_pixel_sees_all_before_it_and_no_other(name):
    model = build(name, (5, 5, 1), **DEEP[name])
    before = np.tril(np.ones((25, 25), bool), -1)
    if name == "pixel_cnn":
        # But for its blind spot: see its own test.
        assert not np.any(seen(model) & ~before)
    else:
        np.testing.assert_array_equal(seen(model), before)


@every
def test_colours_see_those_before_them(name):
    """R none of its pixel, G its R, B both; all see the pixels before."""
    outputs = {} if name == "pixel_cnn_pp" else {"outputs": 12}
    model = build(name, (2, 2, 3), features=12, **outputs)
    before = np.tril(np.ones((12, 12), bool), -1)
    np.testing.assert_array_equal(seen(model), before)


@every
@pytest.mark.parametrize("shape", [(3, 5, 1), (3, 2, 3)])
def test_images_are_those_of_whole_passes(name, shape):
    """Made pixel by pixel, from what was kept, level by level the same."""
    model = build(name, shape, num_classes=3, conditional=True)
    label, random = tf.constant([0, 1, 2]), np.random.default_rng(0)
    u = random.uniform(size=(3, *shape))
    x = np.zeros_like(u)
    for place in np.ndindex(shape):
        h = model.network(
            discrete.scaled(model, tf.constant(x)),
            condition=tf.one_hot(label, 3, dtype=tf.float64),
        )
        at = (slice(None), *place)
        x[at] = model.density.quantile(u[at], h[at])
    assert len(np.unique(x)) > 2
    made = model.draw(u.reshape(3, -1), label=label)
    np.testing.assert_array_equal(made, x)


@every
def test_draws_and_completions(name):
    check_draws(build(name, (1, 2, 1), levels=3))
    check_completion(build(name, (2, 3, 1)))


@every
def test_a_graph_of_a_known_batch_completes(name):
    """As pictures do: the loops' states are of known sizes there."""
    model = build(name, (2, 2, 1), levels=3)
    x, noise = tf.zeros((3, 2, 2, 1), tf.float64), checks.normal(3, 4)

    @tf.function
    def complete():
        return model.complete(x, tf.ones_like(x), noise)

    np.testing.assert_array_equal(complete(), x)


@every
def test_labels_condition_every_pixel(name):
    model = build(name, (1, 1, 1), num_classes=2, conditional=True)
    x = states((1, 1, 1), 4)
    p = [
        np.exp(model.log_prob(x, label=tf.fill([4], label))) for label in (0, 1)
    ]
    np.testing.assert_allclose(np.sum(p, axis=1), 1, **tolerances.EXACT)
    assert np.all(p[0] != p[1])


@every
def test_vectors_are_images_of_one_row(name):
    model, other = build(name, (4,)), build(name, (1, 4, 1))
    other.set_weights(model.get_weights())
    x = states((4,), 4)[::9]
    np.testing.assert_array_equal(
        model.log_prob(x), other.log_prob(tf.reshape(x, [-1, 1, 4, 1]))
    )


@every
def test_real_numbers_are_refused(name):
    with pytest.raises(UserError, match=f"real numbers, but {name} is of gray"):
        build(name, (2,), levels=0)


def test_receptive_field_is_that_of_the_middle():
    model = build("gated_pixel_cnn", (3, 4, 1), **DEEP["gated_pixel_cnn"])
    x = states((12,), 2)[:5]
    field = model.receptive_field(tf.reshape(x, [-1, 3, 4, 1]))
    expected = np.arange(12).reshape(3, 4) < 1 * 4 + 2
    np.testing.assert_array_equal(field.numpy() > 0, expected)

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tfgen.capabilities import seeded_normal, signatures
from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.models.few_labels import swapout
from tfgen.nn import randomize

IMAGES = DataSpec((4, 4, 1), levels=17, num_classes=3)
B = 6


def tiny(spec=IMAGES, **options):
    keras.utils.set_random_seed(0)
    config = swapout.PRESETS["tiny"].network
    model = swapout.SwapoutNetwork(dataclasses.replace(config, **options), spec)
    randomize(model.variables, 0.3, seed=0)
    return model


def images(n=B):
    x = np.random.default_rng(0).integers(0, 17, (n, 4, 4, 1))
    return tf.constant(x, keras.config.floatx())


def test_probabilities_go_from_first_to_last():
    """Linear(1, 0.5) over all blocks of all stages."""
    model = tiny(stages=2, blocks=3, first=1.0, last=0.5)
    thetas = [block.thetas for block in model.swapouts]
    expected = [(theta, theta) for theta in (1, 0.9, 0.8, 0.7, 0.6, 0.5)]
    np.testing.assert_allclose(thetas, expected, **tolerances.SAME)
    # Two coins a unit: 4 maps of 4 x 4, and then of 2 x 2.
    assert model.coins == [2 * 64] * 3 + [2 * 16] * 3


def test_network_by_hand(float64):
    model, x = tiny(last=0.3), images()
    epsilon = np.random.default_rng(1).standard_normal((B, sum(model.coins)))
    u = model.uniforms(tf.constant(epsilon))
    h = model.conv_in(x / 8 - 1)
    for i, coins in enumerate(tf.split(u, model.coins, axis=1)):
        if i:
            h = h.numpy().reshape(B, 2, 2, 2, 2, 4).max(axis=(2, 4))
        block = h
        for layer in model.convs[i]:
            block = layer(np.maximum(block, 0))
        theta = (1.0, 0.3)[i]
        keep = coins.numpy().reshape(B, 2, *h.shape[1:]) < theta
        h = tf.constant(keep[:, 0] * h + keep[:, 1] * block)
    logits = model.out(np.maximum(h, 0).mean((1, 2)))
    np.testing.assert_allclose(
        model.classify_with_seed(x, tf.constant(epsilon)),
        tf.nn.softmax(logits),
        **tolerances.EXACT,
    )


def test_served_by_seed():
    """A row's coins are those of its seed, whatever other rows there are."""
    model, x = tiny(), images()
    signature = signatures(model)["classify_with_seed"]
    seeds = tf.constant([5, 6, 5, 5, 7, 5])
    same = tf.repeat(x[:1], B, axis=0)
    rows = signature.function(same, seeds)["probabilities"].numpy()
    np.testing.assert_allclose(rows[[2, 3, 5]], rows[[0] * 3], rtol=1e-6)
    assert np.all(np.any(rows[[1, 4]] != rows[[0, 0]], axis=1))
    alone = signature.function(x[:1], seeds[:1])["probabilities"]
    np.testing.assert_allclose(alone, rows[:1], **tolerances.SAME)
    assert not signature.on_device


def test_stochastic_error_is_of_mean_probabilities():
    model, x = tiny(), images()
    total = sum(model.coins)
    draws = [
        model.classify_with_seed(
            x, tf.random.stateless_normal([1, total], [seed, 0])
        )
        for seed in range(30)
    ]
    label = np.argmax(np.mean(draws, axis=0), axis=1)
    metrics = model.per_example_metrics({"x": x, "label": tf.constant(label)})
    assert next(iter(metrics)) == "error_rate"
    np.testing.assert_array_equal(metrics["error_rate_stochastic"], 0 * label)
    np.testing.assert_array_equal(
        metrics["error_rate"], model.classify(x)["label"] != label
    )


@pytest.mark.parametrize("mean_only", [False, True])
def test_starts_from_data(mean_only):
    """Outputs of normalized layers have variance 1, blocks are of that size."""
    model, x = tiny(mean_only=mean_only, doubly=False), images(50)
    noise = seeded_normal(tf.range(50), tf.ones(50), sum(model.coins))
    model.begin({"x": x, "epsilon": noise})
    h = model.conv_in(x / 8 - 1, training=True)
    np.testing.assert_allclose(tf.math.reduce_std(h, [0, 1, 2]), 1, rtol=1e-4)
    logits = model(x, noise, training=True)
    np.testing.assert_allclose(tf.math.reduce_std(logits, 0), 1, rtol=1e-4)


@pytest.mark.parametrize(
    "spec, options, message",
    [
        (DataSpec((4, 4, 1), levels=17), {}, "has no labels to learn from"),
        (IMAGES, {"stages": 4}, "network.stages=4: expected at most 3"),
        (
            DataSpec((2,), num_classes=2),
            {},
            "network.stages=2: expected",
        ),
        (IMAGES, {"features": 6, "doubly": True}, "the square of"),
    ],
)
def test_errors(spec, options, message):
    with pytest.raises(UserError, match=message):
        tiny(spec, **options)

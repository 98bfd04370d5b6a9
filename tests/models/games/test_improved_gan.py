import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.models.games.play import B, batch, losses_of
from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.losses import feature_matching
from tfgen.losses.classification import cross_entropy, unlabelled_loss
from tfgen.models.games import improved_gan
from tfgen.nn import randomize

IMAGES = DataSpec((8, 8, 1), levels=17, num_classes=10)


def tiny(spec=IMAGES, **options):
    keras.utils.set_random_seed(0)
    config = improved_gan.PRESETS["tiny"].network
    model = improved_gan.ImprovedGAN(
        dataclasses.replace(config, **options), spec
    )
    randomize(model.variables, 0.3, seed=0)
    return model


def log_softmax(logits):
    return logits - np.log(np.sum(np.exp(logits), axis=1, keepdims=True))


def test_losses_are_those_of_k_plus_1_classes():
    """K logits, and a 0 for class K + 1: the same to 1e-6."""
    random = np.random.default_rng(0)
    real, fake = 5 * random.standard_normal((2, 40, 10))
    label = random.integers(0, 10, 40)
    zero = np.zeros((40, 1))
    log_p = [log_softmax(np.hstack([v, zero])) for v in (real, fake)]
    not_made = np.log(1 - np.exp(log_p[0][:, 10]))
    np.testing.assert_allclose(
        unlabelled_loss(tf.constant(real), tf.constant(fake)),
        -0.5 * not_made - 0.5 * log_p[1][:, 10],
        **tolerances.SAME,
    )
    # p(y | x, y <= K) = p(y | x) / p(y <= K | x)
    own = log_p[0][np.arange(40), label] - not_made
    np.testing.assert_allclose(
        cross_entropy(real, label), -own, **tolerances.SAME
    )


def test_feature_matching_is_of_the_means(float64):
    """0 where they agree; each sample's gradient is as large."""
    random = np.random.default_rng(0)
    real, fake = random.standard_normal((2, B, 4))
    assert feature_matching(tf.constant(real), tf.constant(real[::-1])) < 1e-30
    fake = tf.constant(fake)
    with tf.GradientTape() as tape:
        tape.watch(fake)
        loss = feature_matching(tf.constant(real), fake)
    difference = real.mean(0) - fake.numpy().mean(0)
    np.testing.assert_allclose(loss, np.mean(difference**2), **tolerances.EXACT)
    np.testing.assert_allclose(
        tape.gradient(loss, fake),
        np.tile(-2 / (4 * B) * difference, (B, 1)),
        **tolerances.EXACT,
    )


def network(D, x, noise, deviations):
    """Logits and features, by hand."""
    parts = np.split(noise, np.cumsum(D.widths)[:-1], axis=1)
    h = x + deviations[0] * parts[0]
    for layer, part, s in zip(D.hidden, parts[1:], deviations[1:]):
        f = np.maximum(dense(layer, h), 0)
        h = f + s * part
    return dense(D.out, h), f


def dense(layer, x):
    v, g, b = (w.numpy() for w in (layer.v, layer.g, layer.bias))
    return x @ (g * v / np.linalg.norm(v, axis=0)) + b


def test_losses_by_hand():
    """Of two members: noise at the input and after each layer."""
    model = tiny(members=2, input_noise=0.3, noise=0.5, unlabelled=2.0)
    data = batch(model, labelled=True)
    got = losses_of(model, data)
    samples = model.generate(data, training=True).numpy()
    rows = {
        "": data["x"].numpy().reshape(B, 64) / 16,
        "labelled_": data["labelled_x"].numpy().reshape(B, 64) / 16,
    }
    of_D = of_G = 0
    for i, D in enumerate(model.discriminators):
        rows["sample_"] = samples[:, i]
        logits, f = {}, {}
        for name, x in rows.items():
            noise = data[f"{name}corruption"].numpy()[:, i]
            logits[name], f[name] = network(D, x, noise, [0.3, 0.5, 0.5])
        label = data["labelled_label"].numpy()
        of_D -= log_softmax(logits["labelled_"])[np.arange(B), label]
        of_D += 2 * unlabelled_loss(logits[""], logits["sample_"]).numpy()
        difference = f[""].mean(0) - f["sample_"].mean(0)
        of_G += np.mean(difference**2)
    np.testing.assert_allclose(got["discriminator"], of_D, **tolerances.FLOAT32)
    np.testing.assert_allclose(
        got["generator"], np.full(B, of_G), **tolerances.FLOAT32
    )


def test_scales_start_from_corrupted_data(float64):
    """Before the nonlinearity each unit has mean 0 and variance 1."""
    model = tiny(input_noise=0.3, noise=0.5)
    data = {
        n: tf.cast(v, tf.float64)
        for n, v in batch(model, labelled=True).items()
    }
    before = model.generators[0].get_weights()
    model.begin(data)
    (D,) = model.discriminators
    x, noise = data["x"].numpy().reshape(B, 64) / 16, data["corruption"][:, 0]
    logits, _ = network(D, x, noise.numpy(), [0.3, 0.5, 0.5])
    np.testing.assert_allclose(logits.mean(0), 0, **tolerances.EXACT)
    np.testing.assert_allclose(logits.std(0), 1, **tolerances.EXACT)
    names = [v.path for v in model.players()["discriminator"].variables]
    assert sum("g" in name.split("/") for name in names) == 1  # of the last
    for a, b in zip(model.generators[0].get_weights(), before):
        np.testing.assert_array_equal(a, b)


def test_an_ensemble_averages_probabilities():
    model = tiny(members=3)
    x = batch(model, labelled=True)["x"]
    rows = tf.reshape(x, [B, 64]) / 16
    each = [tf.nn.softmax(D(rows)[0]) for D in model.discriminators]
    found = model.classify(x)
    np.testing.assert_allclose(
        found["probabilities"], np.mean(each, axis=0), **tolerances.SAME
    )
    np.testing.assert_array_equal(found["label"], np.mean(each, 0).argmax(1))


def test_labels_alone():
    """Without the unlabelled loss the generator rests from the start."""
    model = tiny(unlabelled=0.0)
    data = batch(model, labelled=True)
    got = losses_of(model, data)
    (D,) = model.discriminators
    x = tf.reshape(data["labelled_x"], [B, 64]) / 16
    logits, _ = D(x, data["labelled_corruption"][:, 0])
    np.testing.assert_allclose(
        got["discriminator"],
        cross_entropy(logits, data["labelled_label"]),
        **tolerances.SAME,
    )
    assert not model.players()["generator"].plays(0)
    assert tiny().players()["generator"].plays(10**6)


def test_no_labels():
    with pytest.raises(UserError, match="has no labels to learn from"):
        tiny(DataSpec((2,)))

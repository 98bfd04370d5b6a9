"""What the paper of adversarial autoencoders says of its game."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.models.games.play import B, batch, gradients, losses_of
from tfgen import saved_config
from tfgen.config import DataSpec
from tfgen.data.settings import SemiSupervisedDataConfig
from tfgen.errors import UserError
from tfgen.models.autoencoders import aae
from tfgen.run import Run

DIGITS = DataSpec((8, 8, 1), levels=17, num_classes=10)


def tiny(**options):
    keras.utils.set_random_seed(0)
    config = aae.PRESETS["tiny"].network
    model = aae.AAE(dataclasses.replace(config, **options), DIGITS)
    for variable in model.trainable_variables:  # biases as well
        variable.assign(0.3 * keras.random.normal(variable.shape))
    return model


def labelled(model):
    label = tf.constant(np.arange(B) % 10, tf.int32)
    return {**batch(model), "label": label}


def dense(network, x, slope=0.0):
    """A network of one hidden layer, in float64."""
    first, b_1, last, b_2 = (
        np.float64(v.numpy()) for v in network.trainable_variables
    )
    h = np.reshape(x, [len(x), -1]) @ first + b_1
    return np.where(h > 0, h, slope * h) @ last + b_2


def test_losses_are_those_of_the_game():
    """Sections 2 and 5, by hand in float64."""
    model = tiny(supervised=True)
    data = labelled(model)
    found = losses_of(model, data)
    x = np.float64(data["x"]) / 8 - 1
    code = dense(model.encoder, x)
    z, logits = code[:, :2], code[:, 2:]
    y = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    again = np.tanh(dense(model.decoder, np.hstack([z, y])))
    error = ((x.reshape(B, -1) - again) ** 2).sum(1)
    noise = np.float64(data["prior"])
    one_hot = np.eye(10)[noise[:, 2:].argmax(1)]
    D_z, D_y = model.discriminators

    def softplus(t):
        return np.logaddexp(0, t)

    discriminator = generator = 0
    for D, real, fake in ((D_z, noise[:, :2], z), (D_y, one_hot, y)):
        real, fake = (dense(D, t, 0.2)[:, 0] for t in (real, fake))
        discriminator += softplus(-real) + softplus(fake)
        generator += softplus(-fake)
    classifier = -np.log(y[np.arange(B), data["label"]])
    expected = {
        "autoencoder": error,
        "discriminator": discriminator,
        "generator": generator,
        "classifier": classifier,
    }
    assert list(found) == list(expected) == list(model.players())
    for name, values in expected.items():
        np.testing.assert_allclose(
            found[name], values, **tolerances.FLOAT32, err_msg=name
        )


def test_who_moves_what():
    """The decoder plays no game, and D's loss never moves the encoder."""
    model = tiny()
    players = model.players()
    assert list(players) == ["autoencoder", "discriminator", "generator"]
    encoder = model.encoder.trainable_variables
    D = [v for d in model.discriminators for v in d.trainable_variables]

    def ids(variables):
        return {id(v) for v in variables}

    assert ids(players["generator"].variables) == ids(encoder)
    assert ids(players["discriminator"].variables) == ids(D)
    decoder = model.decoder.trainable_variables
    assert ids(players["autoencoder"].variables) == ids([*encoder, *decoder])
    assert all(g is None for g in gradients(model, "generator", decoder))
    assert all(g is None for g in gradients(model, "autoencoder", D))
    assert all(g is not None for g in gradients(model, "generator", encoder))


def test_codes():
    """A softmax beside z; samples are of one-hot draws."""
    model = tiny(categories=5)
    x = batch(model)["x"]
    codes = model.encode(x)
    assert {n: tuple(c.shape) for n, c in codes.items()} == {
        "z": (B, 2),
        "category": (B, 5),
    }
    np.testing.assert_allclose(tf.reduce_sum(codes["category"], 1), 1, 1e-5)
    again = model.decode(*codes.values())
    np.testing.assert_array_equal(model.reconstruct(x), again)
    _, drawn = model.prior(tf.random.stateless_normal([400, 7], (0, 0)))
    assert set(np.unique(drawn)) == {0, 1}
    assert np.bincount(np.argmax(drawn, 1)).min() > 50
    assert not model.can("classify")
    plain = tiny(categories=0)
    assert plain.encode(x).shape == (B, 2)
    assert plain.reconstruct(x).shape == x.shape


def test_labels_are_learnt_from_the_few_that_are_shown():
    model = tiny(supervised=True, categories=3)
    assert model.can("classify")
    assert model.selected_by == "metrics"
    assert model.latents["category"].shape == (10,)
    data = labelled(model)
    found = model.per_example_losses(data, training=True)
    shown = {
        "labelled_x": tf.reverse(data["x"], [0]),
        "labelled_label": tf.reverse(data["label"], [0]),
    }
    hidden = {n: t for n, t in data.items() if n != "label"}
    again = model.per_example_losses(hidden | shown, training=True)
    np.testing.assert_allclose(
        again["classifier"],
        tf.reverse(found["classifier"], [0]),
        **tolerances.FLOAT32,
    )
    metrics = model.per_example_metrics(data)
    assert list(metrics) == ["error_rate", "reconstruction_l2"]
    wrong = model.classify(data["x"])["label"] != data["label"]
    np.testing.assert_array_equal(metrics["error_rate"], np.float32(wrong))
    with pytest.raises(UserError, match="network.supervised=true: the data"):
        aae.AAE(aae.Config(supervised=True), DataSpec((8, 8, 1), 17))


def test_presets_read_two_kinds_of_data(tmp_path):
    """A run of the one with few labels is that again."""
    settings = ["network.hidden=4", "network.discriminator=4"]
    run = Run.start(tmp_path, "aae", "digits_labels", None, settings)
    saved_config.write(tmp_path, run.config)
    assert isinstance(run.config.data, SemiSupervisedDataConfig)
    assert saved_config.read(tmp_path) == run.config
    labels = aae.PRESETS["mnist_labels"]
    assert labels.network.supervised and labels.data.labels == 100

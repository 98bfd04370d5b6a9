"""What FactorVAE's paper says of its game, and what D takes for TC."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.bijectors import checks
from tests.models.autoencoders import toys
from tfgen.config import DataSpec, OptimizerConfig
from tfgen.models.autoencoders.factor_vae import (
    PRESETS,
    Config,
    FactorVAE,
    permuted,
)
from tfgen.train.optimizers import make_optimizer
from tfgen.train.step import train_step

GAMMA = 7.0
TINY = Config(GAMMA, maps=(), discriminator=(8,))


def build(**options):
    return toys.build(FactorVAE, TINY, **options)


def batch():
    u = np.random.default_rng(2).random((8, 2))
    epsilon = checks.normal(8, 2, seed=1)
    return {"x": toys.X, "epsilon": epsilon, "order": tf.constant(u)}


def test_losses_are_those_of_the_game(float64):
    """Eqs. 2 and 3 and algorithm 2, by hand."""
    model, data = build(latent=2), batch()
    checks.randomize(model.discriminator.variables, 1.0)
    first, b_1, last, b_2 = (v.numpy() for v in model.discriminator.variables)

    def logit(z):
        h = z @ first + b_1
        return (np.where(h > 0, h, np.float32(0.2) * h) @ last + b_2)[:, 0]

    mean, stddev = (t.numpy() for t in model.posterior(data["x"]))
    z = mean + stddev * data["epsilon"].numpy()
    u = data["order"].numpy()
    other = np.stack([z[u[:, j].argsort(), j] for j in range(2)], axis=1)
    found = model.per_example_losses(data, training=True)
    expected = {
        "discriminator": np.logaddexp(0, -logit(z))
        + np.logaddexp(0, logit(other)),
        "total_correlation": logit(z),
        "autoencoder": found["distortion"] + found["rate"] + GAMMA * logit(z),
    }
    for name, values in expected.items():
        np.testing.assert_allclose(
            found[name], values, **tolerances.EXACT, err_msg=name
        )
    metrics = model.per_example_metrics(data)
    np.testing.assert_allclose(
        metrics["negative_elbo"],
        found["distortion"] + found["rate"],
        **tolerances.EXACT,
    )


def test_who_moves_what():
    """D's loss never moves the encoder; TC does, and the decoder no more."""
    model = build(latent=2)
    data = {name: tf.cast(v, tf.float32) for name, v in batch().items()}
    players = model.players()
    assert model.simultaneous
    D = model.discriminator.trainable_variables
    assert [id(v) for v in players["discriminator"].variables] == [
        id(v) for v in D
    ]
    both = [v.value for v in players["autoencoder"].variables]
    encoder = [v.value for v in model.encoder.trainable_variables]
    with tf.GradientTape(persistent=True) as tape:
        losses = model.per_example_losses(data, training=True)
    assert tape.gradient(losses["discriminator"], both) == [None] * len(both)
    moved = tape.gradient(losses["total_correlation"], encoder)
    assert all(np.any(g) for g in moved)
    decoder = [v.value for v in model.decoder.trainable_variables]
    unmoved = tape.gradient(losses["total_correlation"], decoder)
    assert unmoved == [None] * len(decoder)


def test_a_permutation_keeps_each_dimension():
    """And nothing that two dimensions have in common."""
    random = np.random.default_rng(0)
    z = np.repeat(random.standard_normal((4000, 1)), 3, axis=1)
    found = permuted(tf.constant(z), random.random(z.shape)).numpy()
    np.testing.assert_array_equal(np.sort(found, 0), np.sort(z, 0))
    assert np.all(abs(np.corrcoef(np.hstack([z, found]).T)[:3, 3:]) < 0.05)
    assert np.all(abs(np.corrcoef(found.T) - np.eye(3)) < 0.05)


def test_all_orders_are_equally_probable():
    random, z = np.random.default_rng(0), tf.range(3)[:, None]
    u = random.random((3, 6000))
    found = permuted(tf.repeat(z, 6000, axis=1), u).numpy()
    _, counts = np.unique(found.T, axis=0, return_counts=True)
    np.testing.assert_allclose(counts, 1000, atol=150)


@pytest.mark.parametrize("correlation", [0.0, 0.8])
def test_total_correlation_of_a_gaussian(correlation):
    """D comes to `-1/2 log(1 - correlation^2)`; the encoder rests."""
    keras.utils.set_random_seed(0)
    config = Config(latent=2, maps=(), hidden=(), discriminator=(32,))
    model = FactorVAE(config, DataSpec((2,)))
    kernel, bias = model.encoder.trainable_variables
    rest = np.sqrt(1 - correlation**2)
    mean = [[1.0, correlation], [0.0, rest]]
    kernel.assign(np.hstack([mean, np.zeros((2, 2))]))
    bias.assign([0.0, 0.0, -5.0, -5.0])
    adam = make_optimizer(OptimizerConfig(learning_rate=0.01), steps=1)
    adam.build(model.discriminator.trainable_variables)
    B, steps = 1000, 400
    random = np.random.default_rng(0)

    def draw():
        normal, uniform = random.standard_normal, random.random
        values = {"x": normal, "epsilon": normal, "order": uniform}
        return {
            name: tf.constant(of((steps, B, 2)), tf.float32)
            for name, of in values.items()
        }

    @tf.function
    def learn(batches):
        for k in tf.range(steps):
            data = {name: value[k] for name, value in batches.items()}
            train_step(
                model, {"discriminator": adam}, data, B, 0, {"autoencoder"}
            )

    learn(draw())
    many = {n: tf.reshape(v, [-1, 2]) for n, v in draw().items()}
    losses = model.per_example_losses(many, training=False)
    found = np.mean(losses["total_correlation"])
    assert found == pytest.approx(-np.log(rest), abs=0.03)


def test_presets():
    assert PRESETS["sprites"].data.image_size == 16
    assert PRESETS["sprites_64"].network.discriminator == (1000,) * 6

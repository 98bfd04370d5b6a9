import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.bijectors.checks import randomize
from tests.models.autoregressive.states import states
from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.models.energy.gsn import GSN, Config

pytestmark = pytest.mark.usefixtures("float64")


def build(D, **options):
    return GSN(dataclasses.replace(Config(), **options), DataSpec((D,), 2))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_a_walk_samples_and_its_target_is_the_example():
    """Three steps of three layers, in NumPy."""
    model = build(
        3, hidden=(4, 3, 2), walkback=3, corruption=0.6, hidden_noise=1.5
    )
    randomize(model.variables, 1.0)
    random = np.random.default_rng(0)
    target = random.integers(0, 2, (6, 3)).astype(float)
    u = random.random((6, 3, 3 + 3 + 3 + 2))
    W, b = ([v.numpy() for v in group] for group in (model.W, model.b))
    x, nats = target, []
    h1, h2, h3 = (np.zeros((6, n)) for n in (4, 3, 2))
    for k in range(3):
        of_bits, of_x, noise_2, noise_3 = np.split(u[:, k], [3, 6, 9], axis=1)
        noise_2, noise_3 = (
            1.5 * (n - 0.5) / np.sqrt(1 / 12) for n in (noise_2, noise_3)
        )
        x = np.where(of_bits < 0.3, 0, np.where(of_bits >= 0.7, 1, x))
        h1 = np.tanh(x @ W[0] + h2 @ W[1].T + b[1])
        h3 = np.tanh(h2 @ W[2] + b[3] + noise_3)
        h2 = np.tanh(h1 @ W[1] + h3 @ W[2].T + b[2] + noise_2)
        p = sigmoid(h1 @ W[0].T + b[0])
        nats.append(-np.log(np.where(target == 1, p, 1 - p)).sum(1))
        x = (of_x < p).astype(float)
    batch = {"x": tf.constant(target), "u": tf.constant(u)}
    np.testing.assert_allclose(
        model.per_example_losses(batch, training=True)["chain"],
        np.mean(nats, axis=0),
        **tolerances.EXACT,
    )


def product(p, corruption=0.5, **options):
    """A chain of independent bits that reconstructs them as Bayes' rule says.

    A bit has its own hidden unit: `b_0 + w tanh(w x~)` is the log-odds of its
    bit given x~, for both values of x~.
    """
    model = build(
        2, hidden=(2,), corruption=corruption, hidden_noise=0.0, **options
    )
    half = corruption / 2
    rise = np.log((1 - half) / half)  # of log p(x~ | 1) - log p(x~ | 0)
    prior = np.log(p / (1 - p))
    w = np.full(2, 1.0)
    for _ in range(100):  # w tanh(w) = 2 rise
        w = 2 * rise / np.tanh(w)
    model.W[0].assign(np.diag(w))
    model.b[0].assign(prior - rise)
    return model


def transitions(model):
    """P(x' | x) of all states, by the model's own step."""
    x, half = states((2,), 2), model.config.corruption / 2
    u = tf.fill((4, sum(model.parts)), 0.5)  # corrupts nothing
    _, _, logits = model.step(x, model.nothing(x), tf.cast(u, x.dtype))
    x, p = x.numpy(), sigmoid(logits.numpy())[:, None]
    same = x[:, None] == x
    corrupted = np.where(same, 1 - half, half).prod(2)  # [x, x~]
    again = np.where(x == 1, p, 1 - p).prod(2)  # [x~, x']
    return corrupted @ again


@pytest.mark.parametrize("corruption", [0.2, 0.7])
def test_stationary_vector_is_the_distribution_of_the_data(corruption):
    """Theorem 2, whatever the corruption."""
    p = np.array([0.8, 0.3])
    T = transitions(product(p, corruption))
    np.testing.assert_allclose(T.sum(1), 1, **tolerances.EXACT)
    stationary = np.linalg.matrix_power(T, 1000)
    x = states((2,), 2).numpy()
    expected = np.where(x == 1, p, 1 - p).prod(1)
    np.testing.assert_allclose(
        stationary, np.tile(expected, (4, 1)), **tolerances.EXACT
    )


def test_samples_are_the_chain_of_these_transitions():
    model, n = product(np.array([0.8, 0.3]), sample_steps=2), 20_000
    u = np.random.default_rng(1).random((n, model.sample_noise))
    drawn = (model.draw(tf.constant(u)).numpy() @ [2, 1]).astype(int)
    share = np.bincount(drawn, minlength=4) / n
    expected = np.full(4, 0.25) @ np.linalg.matrix_power(transitions(model), 2)
    assert np.max(np.abs(share - expected)) < 4 * 0.5 / np.sqrt(n)


def test_the_best_reconstruction_has_the_least_loss():
    """Of data drawn from p: no gradient is left where Bayes' rule is."""
    p, n = np.array([0.8, 0.3]), 4
    model = product(p, walkback=1)
    x = states((2,), 2)
    # Every corruption of both bits, once for each of its probability.
    u = (
        np.stack(np.meshgrid(*[np.arange(n)] * 2), -1).reshape(-1, 2) + 0.5
    ) / n
    u = np.concatenate([u, np.zeros_like(u)], axis=1)
    weight = np.where(x == 1, p, 1 - p).prod(1)
    batch = {
        "x": tf.repeat(x, len(u), axis=0),
        "u": tf.constant(np.tile(u, (4, 1))[:, None]),
    }
    with tf.GradientTape() as tape:
        loss = tf.tensordot(np.repeat(weight, len(u)), model.nats(batch), 1)
    for gradient in tape.gradient(loss, model.trainable_variables):
        np.testing.assert_allclose(gradient, 0 * gradient, atol=1e-9)


def test_a_walk_that_the_last_layer_has_no_part_in():
    with pytest.raises(UserError, match=r"walkback=1: .* the 2 layers"):
        build(2, hidden=(3, 3), walkback=1)

import dataclasses
import itertools

import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.bijectors.checks import randomize
from tests.models.autoregressive.states import states
from tfgen.config import DataSpec
from tfgen.evaluate import log_partition
from tfgen.models.energy.dbm import DBM, Config

pytestmark = pytest.mark.usefixtures("float64")

D = 3
HIDDEN = [(4, 2), (2, 3, 2)]


def build(hidden, scale=1.0, **options):
    options = {"hidden": hidden, "chains": 6, **options}
    config = dataclasses.replace(Config(), **options)
    model = DBM(config, DataSpec((D,), levels=2))
    randomize(model.trainable_variables, scale)
    return model


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def rows(n):
    return np.array(list(itertools.product([0.0, 1.0], repeat=n)))


def log_p_of_all(model):
    """log p~(v) of all v, from the sum over all states of all layers."""
    widths = (D, *model.config.hidden)
    every = rows(sum(widths))
    layers = np.split(every, np.cumsum(widths)[:-1], axis=1)
    W, b = ([v.numpy() for v in group] for group in (model.W, model.b))
    logs = sum(h @ bias for h, bias in zip(layers, b))
    for lower, upper, weights in zip(layers, layers[1:], W):
        logs = logs + np.sum((lower @ weights) * upper, axis=1)
    return np.logaddexp.reduce(logs.reshape(2**D, -1), axis=1)


@pytest.mark.parametrize("hidden", HIDDEN)
def test_sides_are_the_machine(hidden):
    """log Z and the free energy of even layers, by all states."""
    model = build(hidden)
    log_p = log_p_of_all(model)
    machine = model.machine()
    np.testing.assert_allclose(
        log_partition.counted(machine),
        np.logaddexp.reduce(log_p),
        **tolerances.EXACT,
    )
    e = rows(machine.W.shape[0])
    logs = -model.free_energy(tf.constant(e)).numpy().reshape(2**D, -1)
    np.testing.assert_allclose(
        np.logaddexp.reduce(logs, axis=1), log_p, **tolerances.EXACT
    )


@pytest.mark.parametrize("hidden", HIDDEN)
def test_energy_is_a_bound_that_more_rounds_tighten(hidden):
    model, bounds = build(hidden), []
    for rounds in (1, 2, 5, 50):
        model.config = dataclasses.replace(model.config, mean_field=rounds)
        bounds.append(-model.energy(states((D,), 2)).numpy())
    for lower, upper in itertools.pairwise(bounds):
        assert np.all(lower <= upper + 1e-12)
    gap = log_p_of_all(model) - bounds[-1]
    assert np.all(gap > 0) and np.max(gap) < 1


@pytest.mark.parametrize("hidden", HIDDEN)
def test_bound_is_that_of_the_means_and_its_gradient_theirs(hidden):
    """E_q[log p~] + H(q), of a factorial q, in NumPy."""
    model, x = build(hidden, mean_field=200), states((D,), 2)
    W, b = ([v.numpy() for v in group] for group in (model.W, model.b))
    means = [x.numpy()]
    means += [h.numpy() for h in model.features(x).values()]
    for i in range(1, len(means)):  # a fixed point
        inputs = means[i - 1] @ W[i - 1] + b[i]
        if i < len(W):
            inputs = inputs + means[i + 1] @ W[i].T
        np.testing.assert_allclose(means[i], sigmoid(inputs), atol=1e-6)
    bound = sum(m @ bias for m, bias in zip(means, b))
    for lower, upper, weights in zip(means, means[1:], W):
        bound = bound + np.sum((lower @ weights) * upper, axis=1)
    for m in means[1:]:
        bound = bound - np.sum(m * np.log(m) + (1 - m) * np.log(1 - m), axis=1)
    with tf.GradientTape() as tape:
        energy = model.energy(x)
        total = -tf.reduce_sum(energy)
    np.testing.assert_allclose(-energy, bound, rtol=1e-6, atol=1e-6)
    found = tape.gradient(total, [*model.W, *model.b])
    expected = [lower.T @ upper for lower, upper in itertools.pairwise(means)]
    expected += [m.sum(0) for m in means]
    for got, value in zip(found, expected):
        np.testing.assert_allclose(got, value, atol=1e-5)


def test_layers_learn_with_doubled_weights():
    """Salakhutdinov & Hinton 2009, section 3.1, in NumPy."""
    model = build((2, 3, 2), pretraining=10)
    random = np.random.default_rng(0)
    x = random.integers(0, 2, (5, D)).astype(float)
    u = random.random((5, model.config.sweeps, D + 2 + 3 + 2))
    batch = {"x": tf.constant(x), "u": tf.constant(u)}
    with tf.GradientTape(persistent=True) as tape:
        losses = {
            name: tf.reduce_sum(loss)
            for name, loss in model.layer_losses(batch).items()
        }
    parts = np.split(u[:, 0], np.cumsum((D, 2, 3)), axis=1)
    v = x
    for i, (up, down) in enumerate([(2, 1), (2, 2), (1, 2)]):
        W, b, c = (t.numpy() for t in (model.W[i], *model.b[i : i + 2]))
        p = sigmoid(up * v @ W + c)
        h = (parts[i + 1] < p).astype(float)
        again = (parts[i] < sigmoid(down * h @ W.T + b)).astype(float)
        p_again = sigmoid(up * again @ W + c)
        # Copies count as often as there are; W is between all of them.
        expected = up * down * (again.T @ p_again - v.T @ p)
        found = tape.gradient(losses[f"layer_{i + 1}"], model.W[i])
        np.testing.assert_allclose(found, expected, **tolerances.EXACT)
        v = p


def test_stages():
    players = build((2, 3), pretraining=10).players()
    stages = {n: (p.since, p.until) for n, p in players.items()}
    assert stages == {
        "layer_1": (0, 10),
        "layer_2": (10, 20),
        "machine": (20, None),
    }
    assert list(build((2, 3), pretraining=0).players()) == ["machine"]

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.apps import command
from tests.bijectors.checks import randomize
from tests.models.autoregressive.states import states
from tests.train import game
from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.evaluate import log_partition
from tfgen.models.energy.rbm import RBM, Config

D, H, P = 4, 3, 6


@pytest.fixture
def build(float64):
    def build(scale=1.0, **options):
        config = Config(hidden=H, chains=P)
        config = dataclasses.replace(config, **options)
        model = RBM(config, DataSpec((D,), levels=2))
        randomize(model.trainable_variables, scale)
        return model

    return build


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def batch_of(model, n, seed=0):
    random = np.random.default_rng(seed)
    sweeps = model.config.sweeps
    return {
        "x": tf.constant(random.integers(0, 2, (n, D)).astype(float)),
        "u": tf.constant(random.random((n, sweeps, D + H))),
    }


def log_p(model):
    x = states((D,), 2)
    return -model.energy(x) - log_partition.counted(model.machine())


def test_probabilities_of_all_states_sum_to_one(build):
    np.testing.assert_allclose(
        np.sum(np.exp(log_p(build()))), 1, **tolerances.EXACT
    )


def test_pseudo_likelihood_is_that_of_all_states(build):
    """p(x_d | others) = p(x) / (p(x) + p(x with the other bit))."""
    model = build()
    x, p = states((D,), 2), np.exp(log_p(model))
    number = np.arange(2**D)
    expected = sum(-np.log(p / (p + p[number ^ (1 << d)])) for d in range(D))
    found = model.per_example_metrics({"x": x})["pseudo_nats"]
    np.testing.assert_allclose(found, expected, **tolerances.EXACT)


@pytest.mark.parametrize("persistent", [True, False])
def test_gradient_is_that_of_contrastive_divergence(build, persistent):
    """Of two sweeps, from the chains or from the examples, in NumPy."""
    model = build(sweeps=2, persistent=persistent)
    chains = np.random.default_rng(2).integers(0, 2, (P, D)).astype(float)
    model.chains.assign(chains)
    batch = batch_of(model, P)
    W, b, c = model.machine()
    x, u = batch["x"].numpy(), batch["u"].numpy()
    v = chains if persistent else x
    for k in range(2):
        h = (u[:, k, :H] < sigmoid(v @ W + c)).astype(float)
        v = (u[:, k, H:] < sigmoid(h @ W.T + b)).astype(float)
    with tf.GradientTape() as tape:
        losses = model.per_example_losses(batch, training=True)["machine"]
        loss = tf.reduce_mean(losses)
    found = tape.gradient(loss, [model.W, model.visible, model.hidden])
    h_x, h_v = sigmoid(x @ W + c), sigmoid(v @ W + c)
    expected = [(v.T @ h_v - x.T @ h_x) / P, (v - x).mean(0)]
    expected.append((h_v - h_x).mean(0))
    for got, value in zip(found, expected):
        np.testing.assert_allclose(got, value, **tolerances.EXACT)
    np.testing.assert_array_equal(model.chains, v)


def test_chains_are_a_queue(build):
    """The first go on and go to its end; validation moves none."""
    model = build()
    chains = np.random.default_rng(2).integers(0, 2, (P, D)).astype(float)
    model.chains.assign(chains)
    batch = batch_of(model, 2)
    model.per_example_losses(batch, training=False)
    np.testing.assert_array_equal(model.chains, chains)
    model.per_example_losses(batch, training=True)
    moved = model.sweep(tf.constant(chains[:2]), batch["u"][:, 0])
    expected = np.concatenate([chains[2:], moved])
    np.testing.assert_array_equal(model.chains, expected)
    with pytest.raises(UserError, match=f"chains={P}: .* 8 examples"):
        model.per_example_losses(batch_of(model, 8), training=True)


def test_samples_have_the_probabilities_of_the_machine(build):
    model, n = build(sample_sweeps=20), 20_000
    u = np.random.default_rng(3).random((n, model.sample_noise))
    x = model.draw(tf.constant(u)).numpy()
    share = np.bincount((x @ [8, 4, 2, 1]).astype(int), minlength=16) / n
    assert np.max(np.abs(share - np.exp(log_p(model)))) < 0.5 / np.sqrt(n) * 4


def test_other_data_than_bits():
    for levels, kind in (17, "17 gray levels"), (0, "real numbers"):
        with pytest.raises(UserError, match=f"data: {kind}, but rbm"):
            RBM(Config(), DataSpec((D,), levels=levels))


def test_a_resumed_run_has_the_chains(tmp_path):
    """Bit by bit the run that was not interrupted."""
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    arguments = ("--model=rbm", "--preset=tiny")
    for workdir, steps in (whole, 4), (cut, 2), (cut, 4):
        code, _, _ = command.run_here(
            "apps.train",
            f"--workdir={workdir}",
            *arguments,
            f"--steps={steps}",
        )
        assert code == 0
    game.assert_same_training(whole, cut)
    held = game.checkpoint(whole)
    chains = [v for v in held.values() if v.shape == (8, 64)]
    assert len(chains) == 1 and set(np.unique(chains)) == {0, 1}

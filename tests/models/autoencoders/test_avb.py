"""AVB's paper, where the best T is known: a linear Gaussian model.

x | z ~ N(z, 1), z ~ N(0, 1): q(z|x) is a line with Gaussian noise.
"""

import dataclasses

import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf
import tensorflow_probability as tfp

from tests.bijectors import checks
from tests.models.autoencoders import toys
from tfgen.config import DataSpec, OptimizerConfig
from tfgen.losses import importance_bound
from tfgen.models.autoencoders.avb import AVB, PRESETS, Config
from tfgen.train.optimizers import make_optimizer
from tfgen.train.step import train_step

SLOPE, STDDEV = 0.5, 0.7  # of q(z|x)
normal = tfp.distributions.Normal


def linear(contrast, T=()):
    """That model; q has one v_1, which is linear in its noise."""
    keras.utils.set_random_seed(0)
    config = Config(contrast, 1, 1, (), 1, hidden=(), discriminator=T)
    model = AVB(config, DataSpec((1,)))
    kernel, bias = model.encoder.trainable_variables
    kernel.assign([[SLOPE, 0, 0]])
    bias.assign([0, np.log(STDDEV), 0])
    kernel, bias = model.decoder.trainable_variables
    kernel.assign([[1, 0]])
    bias.assign([0, 0])
    (kernel, _) = model.basis[0].trainable_variables
    kernel.assign([[1]])
    return model


def best(model):
    """T*(x, code) in closed form; and q(z|x), of the fixed draws' moments."""
    fixed = model.fixed.astype(np.float64)
    scale = 1 / np.sqrt(fixed.var() + 1e-6)
    shift = -fixed.mean() * scale

    def q(x):
        return normal(SLOPE * x + STDDEV * shift, STDDEV * scale)

    def T(x, code, given):
        del given
        of_u = normal(tf.cast(shift, code.dtype), scale)
        of_q = of_u if model.config.adaptive_contrast else q(x)
        return (of_q.log_prob(code) - normal(0 * code, 1.0).log_prob(code))[
            :, 0
        ]

    return T, q


def points(x, n=60):
    """A batch of one x, over which sums by the weights are expectations."""
    noise, weights = toys.hermite(n)
    one = tf.ones_like(noise)
    return {"x": x * one, "noise": noise[..., None], "epsilon": noise}, weights


@pytest.mark.parametrize("contrast", [False, True])
def test_by_the_best_t_the_bound_is_the_elbo(contrast, float64, monkeypatch):
    """`E_q log p(x|z) - KL(q || p)`, section 3 and eq. of section 4."""
    model = linear(contrast)
    T, q = best(model)
    monkeypatch.setattr(model, "_logit", T)
    for x in (-1.0, 0.3, 2.0):
        batch, weights = points(x)
        found = model.per_example_metrics(batch)["negative_elbo_by_t"]
        of_x = q(np.float64(x))
        second = of_x.variance() + (of_x.mean() - x) ** 2
        distortion = 0.5 * (second + np.log(2 * np.pi))
        rate = tfp.distributions.kl_divergence(of_x, normal(0 * second, 1.0))
        np.testing.assert_allclose(
            found.numpy() @ weights, distortion + rate, 1e-8
        )


@pytest.mark.parametrize("contrast", [False, True])
def test_no_t_is_better_than_the_best(contrast, float64, monkeypatch):
    """The loss of T* has no slope in any direction, and rises along each."""
    model = linear(contrast)
    T, _ = best(model)
    batch, weights = points(0.8)

    def loss(size, direction):
        def off(x, code, given):
            return T(x, code, given) + size * direction(code)[:, 0]

        monkeypatch.setattr(model, "_logit", off)
        losses = model.per_example_losses(batch, training=True)
        return losses["discriminator"].numpy() @ weights

    for direction in (tf.sin, tf.square, tf.ones_like):
        more, less = (loss(size, direction) for size in (1e-3, -1e-3))
        assert (more - less) / 2e-3 == pytest.approx(0, abs=1e-6)
        assert min(more, less) > loss(0.0, direction)


def test_t_learns_the_ratio():
    model = linear(contrast=False, T=(32,))
    adam = make_optimizer(OptimizerConfig(learning_rate=0.01), steps=1)
    adam.build(model.discriminator.trainable_variables)
    resting = {"autoencoder", "basis"}
    steps, B, random = 400, 500, np.random.default_rng(0)
    shapes = {"x": (1,), "epsilon": (1,), "noise": (1, 1)}
    data = {
        name: tf.constant(random.standard_normal((steps, B, *shape)), "float32")
        for name, shape in shapes.items()
    }

    @tf.function
    def learn():
        for k in tf.range(steps):
            batch = {name: value[k] for name, value in data.items()}
            train_step(model, {"discriminator": adam}, batch, B, 0, resting)

    learn()
    x, z = np.meshgrid([-1.0, 0.0, 1.0], [-0.7, 0.1, 1.0])
    x, z = (t.reshape(-1, 1) for t in (x, z))
    expected = best(model)[0](x, tf.constant(z), {})
    assert np.ptp(expected) > 2
    np.testing.assert_allclose(
        model._logit(np.float32(x), z, {}), expected, atol=0.25
    )


def test_who_moves_what():
    """T's loss never moves the encoder; the ELBO does, through T as well."""
    model = toys.build(AVB, PRESETS["tiny"].network, latent=2)
    batch = {
        name: tf.cast(checks.normal(8, *noise.shape), tf.float32)
        for name, noise in model.noise.items()
    } | {"x": tf.cast(toys.X, tf.float32)}
    assert model.simultaneous
    players = {
        name: [v.value for v in player.variables]
        for name, player in model.players().items()
    }
    assert list(players) == ["autoencoder", "basis", "discriminator"]
    others = players["autoencoder"] + players["basis"]
    with tf.GradientTape(persistent=True) as tape:
        losses = model.per_example_losses(batch, training=True)
        logit = model._logit(batch["x"], model.terms_by_t(batch)[2], {})
    assert tape.gradient(losses["discriminator"], others) == [None] * len(
        others
    )
    assert all(np.any(g) for g in tape.gradient(losses["autoencoder"], others))
    assert any(np.any(g) for g in tape.gradient(logit, players["basis"]))


def test_codes_in_units_of_r_have_mean_0_and_deviation_1(float64):
    """However the black box mixes its noise."""
    config = dataclasses.replace(PRESETS["tiny"].network, basis=3)
    model = toys.build(AVB, config)
    for network in model.basis:
        checks.randomize(network.variables, 1.0)
    n = 20_000
    x = tf.repeat(toys.X[5:6], n, axis=0)
    batch = {"x": x, "noise": checks.normal(n, 3, 2)}
    _, _, u = model.terms_by_t(batch)
    assert abs(scipy.stats.skew(u[:, 0])) > 0.1  # no Gaussian
    assert np.mean(u) == pytest.approx(0, abs=0.1)
    assert np.std(u) == pytest.approx(1, abs=0.1)


def test_only_the_gaussians_bound_is_one(float64):
    """Where T says nothing, the ELBO by T promises more than log p(x)."""
    config = dataclasses.replace(
        PRESETS["tiny"].network, adaptive_contrast=False
    )
    model = toys.build(AVB, config)
    for variable in model.discriminator.trainable_variables:
        variable.assign(0 * variable)
    exact = toys.log_prob(model, toys.X)
    n = 4000
    x = np.repeat(toys.X, n, axis=0)
    batch = {
        name: checks.normal(len(x), *noise.shape, seed=i)
        for i, (name, noise) in enumerate(model.noise.items())
    } | {"x": tf.constant(x)}
    found = model.per_example_metrics(batch)
    promised, elbo = (
        -np.reshape(found[name], [-1, n]).mean(1)
        for name in ("negative_elbo_by_t", "negative_elbo")
    )
    assert np.any(promised > exact + 0.05)
    assert np.all(elbo < exact)
    log_w = model.log_weights(toys.X, checks.normal(8, n, 1))
    np.testing.assert_allclose(importance_bound(log_w), exact, atol=0.05)


def test_t_sees_the_condition():
    model = toys.build(AVB, PRESETS["tiny"].network, conditional=True)
    checks.randomize(model.discriminator.variables, 1.0)
    x, code = tf.zeros((2, 3)), tf.zeros((2, 1))
    first, second = model._logit(x, code, {"label": tf.constant([0, 1])})
    assert abs(first - second) > 0.01

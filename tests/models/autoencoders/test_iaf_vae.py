"""The posterior of the IAF-VAE, which others do not have."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from tests import tolerances
from tests.bijectors import checks
from tests.models.autoencoders import toys
from tfgen import bijectors, capabilities
from tfgen.measures import active_units
from tfgen.models.autoencoders.iaf_vae import IAFVAE, Config

pytestmark = pytest.mark.usefixtures("float64")
Z = 4
SMALL = Config(steps=3, context=2, autoregressive=(9,))


def build(latent=Z, **options):
    model = toys.build(IAFVAE, SMALL, latent=latent, **options)
    for seed, network in enumerate(model.steps):
        checks.randomize(network.variables, 0.5, seed=seed)
    return model


def parts(model, x):
    """Mean, deviation and context of each x, as the encoder says them."""
    mean, log_stddev, h = np.split(model.encoder(2 * x - 1), [Z, 2 * Z], 1)
    return mean, np.exp(log_stddev), h


def test_density_of_a_draw_is_that_of_the_inversion():
    """One number after another, D passes a step, from z_T back to z_0."""
    model, epsilon = build(), checks.normal(8, Z)
    z, log_q = model._drawn(toys.X, epsilon, {})
    mean, stddev, h = map(tf.constant, parts(model, toys.X.numpy()))
    z_0, log_det = z, 0.0
    for network in reversed(model.steps):
        step = bijectors.Autoregressive(network, model.gated)
        z_0, one = step.inverse_and_log_det(z_0, condition=h)
        log_det += one
    np.testing.assert_allclose(z_0, mean + stddev * epsilon, **tolerances.EXACT)
    normal = tfp.distributions.Normal(mean, stddev)
    expected = tf.reduce_sum(normal.log_prob(z_0), axis=1) + log_det
    found = tf.reduce_sum(log_q, axis=1) - Z / 2 * np.log(2 * np.pi)
    np.testing.assert_allclose(found, expected, **tolerances.EXACT)


def test_density_of_a_draw_is_that_of_autodiff():
    model, epsilon = build(), checks.normal(8, Z)
    _, log_q = model._drawn(toys.X, epsilon, {})

    def draw(rows):
        return model._drawn(tf.repeat(toys.X, Z, 0), rows, {})[0]

    _, log_det = np.linalg.slogdet(checks.jacobian(draw, epsilon))
    expected = -0.5 * np.sum(np.square(epsilon), axis=1) - log_det
    np.testing.assert_allclose(
        tf.reduce_sum(log_q, axis=1), expected, **tolerances.EXACT
    )


def test_steps_are_those_of_the_paper():
    """Algorithm 1 in NumPy; each step sees the context; orders alternate."""
    model, epsilon = build(), checks.normal(8, Z).numpy()
    mean, stddev, h = parts(model, toys.X.numpy())
    z = mean + stddev * epsilon
    for t, network in enumerate(model.steps):
        assert list(network.order) == list(range(Z))[:: (-1) ** t]
        out = network(tf.constant(z), condition=tf.constant(h))
        other = network(tf.constant(z), condition=tf.constant(h + 1))
        assert np.all(out.numpy() != other.numpy())
        s, m = np.split(out.numpy(), 2, axis=1)
        s = s / (1 + abs(s) / np.log(1000)) + 1.5
        gate = 1 / (1 + np.exp(-s))
        z = gate * z + (1 - gate) * m
    found, _ = model._drawn(toys.X, tf.constant(epsilon), {})
    np.testing.assert_allclose(found, z, **tolerances.EXACT)


def test_weights_have_the_mean_p_of_x():
    """E_q w = p(x), by a grid of epsilon; the bound is below for every x."""
    model = build(latent=1)
    exact = toys.log_prob(model, toys.X)
    np.testing.assert_allclose(np.exp(exact).sum(), 1, **tolerances.EXACT)
    grid = np.linspace(-60, 60, 6001)
    width = (grid[1] - grid[0]) / np.sqrt(2 * np.pi)
    epsilon = tf.tile(tf.constant(grid)[None, :, None], [8, 1, 1])
    log_w = model.log_weights(toys.X, epsilon)
    found = tf.reduce_logsumexp(log_w - 0.5 * grid**2, axis=1) + np.log(width)
    np.testing.assert_allclose(found, exact, rtol=1e-6)
    points, weights = toys.hermite()
    rows = [tf.repeat(row[None], len(weights), 0) for row in toys.X]
    elbo = np.array([model.elbo(row, points) for row in rows]) @ weights
    assert np.all(elbo < exact - 0.01)


def test_free_bits_change_the_objective_alone():
    plain, free = build(), build(free_bits=3.0)
    batch = {"x": toys.X, "epsilon": checks.normal(8, Z, seed=1)}
    expected = plain.per_example_metrics(batch)
    for name, value in free.per_example_metrics(batch).items():
        np.testing.assert_array_equal(value, expected[name], err_msg=name)
    _, kl = free.terms(batch["x"], batch["epsilon"], {})
    losses = free.per_example_losses(batch, training=True)
    cost = np.mean(losses["autoencoder"] - losses["distortion"])
    assert cost == pytest.approx(np.sum(np.maximum(3, np.mean(kl, 0))))
    losses = plain.per_example_losses(batch, training=True)
    np.testing.assert_allclose(
        losses["autoencoder"], expected["negative_elbo"], **tolerances.EXACT
    )


def test_a_code_is_the_mean_of_draws():
    """Of very many, nearly; by name, with their deviation."""
    model = build(conditional=True)
    given = {"label": tf.constant([0, 1] * 4)}
    draws = tf.reshape(checks.normal(8 * 4000, Z), [8, 4000, Z])
    z, _ = model._drawn(toys.X, draws, given)
    encode = capabilities.signatures(model)["encode"].function
    found = encode(toys.X, given["label"])
    deviation = np.std(z, axis=1)
    # Of 64 draws: 1 / sqrt(64) and 1 / sqrt(2 * 64) of the deviation.
    off = found["z"] - np.mean(z, axis=1)
    assert np.all(abs(off) < 3 / 8 * deviation)
    assert np.all(abs(found["stddev"] / deviation - 1) < 0.3)
    np.testing.assert_array_equal(model.encode(toys.X, **given), found["z"])
    other = model.encode(toys.X, label=1 - given["label"])
    assert np.all(other != found["z"])


def test_mean_and_deviation_of_affine_steps_are_exact():
    """As they start, z_T is normal; what x does not change is not active."""
    model = toys.build(IAFVAE, SMALL, latent=Z)
    kernel = model.encoder.trainable_variables[-2]
    kernel.assign(kernel * (np.arange(kernel.shape[1]) != 1))
    mean, stddev, _ = parts(model, toys.X.numpy())
    gate = 1 / (1 + np.exp(-SMALL.gate)) ** SMALL.steps
    found = model.posterior(toys.X)
    np.testing.assert_allclose(found[0], gate * mean, **tolerances.EXACT)
    np.testing.assert_allclose(found[1], gate * stddev, **tolerances.EXACT)
    assert active_units.applies(model, model.spec)
    assert list(active_units.active(found[0])) == [True, False, True, True]

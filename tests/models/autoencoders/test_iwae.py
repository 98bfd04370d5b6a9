"""What the IWAE's paper says, and those of its estimators."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from tests import tolerances
from tests.bijectors import checks
from tests.models.autoencoders import toys
from tfgen.losses import importance_bound
from tfgen.models.autoencoders.iwae import IWAE, PRESETS, Config

pytestmark = pytest.mark.usefixtures("float64")
K = 3


def build(**options):
    return toys.build(IWAE, Config(), **{"draws": K, **options})


def draws(count, n=len(toys.X)):
    return checks.normal(n, count, 1, seed=2)


def test_bounds_grow_with_the_draws():
    """The mean over all k of the same six draws, for every x."""
    log_w = build().log_weights(toys.X, draws(6)).numpy()
    bounds = [
        np.mean(
            [
                importance_bound(tf.constant(log_w[:, chosen]))
                for chosen in itertools.combinations(range(6), k)
            ],
            axis=0,
        )
        for k in range(1, 7)
    ]
    assert np.all(np.diff(bounds, axis=0) > 0)
    np.testing.assert_allclose(bounds[0], log_w.mean(1), **tolerances.EXACT)


def test_bounds_end_at_log_p():
    """From below: the bound of few draws is less, on average over many."""
    model = build()
    exact = toys.log_prob(model, toys.X)
    log_w = model.log_weights(toys.X, draws(60_000))
    few = importance_bound(tf.reshape(log_w, [-1, K]))
    few = tf.reduce_mean(tf.reshape(few, [len(exact), -1]), axis=1)
    assert np.all(few < exact - 0.01)
    np.testing.assert_allclose(importance_bound(log_w), exact, atol=0.03)


def test_one_draw_is_the_elbo():
    """What the closed form of the KL has, a quadrature of log w has, too."""
    model = build(draws=1)
    points, weights = toys.hermite()
    for row in toys.X:
        x = tf.repeat(row[None], len(weights), 0)
        one = model.elbo(x, points[:, None]).numpy() @ weights
        distortion, kl = model.terms(x, points, {})
        expected = -(distortion + kl[:, 0]).numpy() @ weights
        np.testing.assert_allclose(one, expected, rtol=1e-6)


def by_hand(model, x, epsilon, estimator):
    """Gradients of encoder and decoder, from densities of TFP."""
    normal = tfp.distributions.Normal
    with tf.GradientTape(persistent=True) as tape:
        mean, log_stddev = tf.split(model.encoder(2 * x - 1)[:, None], 2, 2)
        z = mean + tf.exp(log_stddev) * epsilon
        q = mean, tf.exp(log_stddev)
        if estimator != "plain":
            q = map(tf.stop_gradient, q)
        logits = tf.reshape(model.decoder(tf.reshape(z, [-1, 1])), [-1, K, 3])
        bernoulli = tfp.distributions.Bernoulli(logits)
        log_w = tf.reduce_sum(bernoulli.log_prob(x[:, None]), 2)
        ratio = normal(0.0 * z, 1.0).log_prob(z) - normal(*q).log_prob(z)
        log_w += ratio[..., 0]
        w = tf.stop_gradient(tf.nn.softmax(log_w))
        weighted, squared = w * log_w, w * w * log_w
    encoder = model.encoder.trainable_variables
    if estimator == "dreg":
        of_z = tape.gradient(squared, z)
        found = tape.gradient(z, encoder, output_gradients=of_z)
    else:
        found = tape.gradient(weighted, encoder)
    return found + tape.gradient(weighted, model.decoder.trainable_variables)


def gradients(model, x, epsilon):
    both = model.encoder, model.decoder
    variables = [v for network in both for v in network.trainable_variables]
    with tf.GradientTape() as tape:
        batch = {"x": x, "epsilon": epsilon}
        loss = -model.per_example_losses(batch, training=True)["autoencoder"]
    return tape.gradient(loss, [v.value for v in variables])


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("estimator", ["plain", "stl", "dreg"])
def test_gradients_of_estimators(estimator, compiled):
    """Those of the decoder are the plain ones, whatever the encoder's are."""
    model, x, epsilon = build(estimator=estimator), toys.X, draws(K)
    of = tf.function(gradients) if compiled else gradients
    found = of(model, x, epsilon)
    expected = by_hand(model, x, epsilon, estimator)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, **tolerances.EXACT)


def test_dreg_has_no_bias_and_less_noise():
    """The encoder's gradient, by many blocks of draws for one x."""
    blocks, size = 40, 250
    x = tf.repeat(toys.X[3:4], size, 0)
    found = {}
    for estimator in ("plain", "stl", "dreg"):
        model = build(estimator=estimator)
        of = tf.function(gradients)
        noise = tf.split(draws(K, blocks * size), blocks)
        # That of the last bias: of mean and log-deviation.
        found[estimator] = np.array(
            [of(model, x, epsilon)[3] / size for epsilon in noise]
        )
    mean = {name: v.mean(0) for name, v in found.items()}
    error = {n: v.std(0) / np.sqrt(blocks) for n, v in found.items()}
    both = np.hypot(error["plain"], error["dreg"])
    assert np.all(abs(mean["plain"] - mean["dreg"]) < 4 * both)
    assert np.all(error["dreg"] < error["plain"])
    # Without the squares there is a bias.
    assert np.any(abs(mean["stl"] - mean["dreg"]) > 10 * both)


def test_the_estimator_is_the_trainings():
    """What is reported is the bound itself; the number of draws is named."""
    found = [
        build(estimator=e).per_example_metrics(
            {"x": toys.X, "epsilon": draws(K)}
        )
        for e in ("plain", "dreg")
    ]
    assert list(found[0]) == [
        "negative_bound_k3",
        "negative_elbo",
        "bits_per_dim",
        "rate",
        "distortion",
    ]
    for name in found[0]:
        np.testing.assert_array_equal(found[0][name], found[1][name])
    bound, elbo, _, rate, distortion = found[0].values()
    assert np.all(bound < elbo)
    np.testing.assert_allclose(rate + distortion, elbo, **tolerances.EXACT)


def test_rate_and_distortion():
    """The KL's own formula, and what is left: the mean of -log p(x|z)."""
    model, count = build(), 4000
    found = model.per_example_metrics({"x": toys.X, "epsilon": draws(count)})
    mean, stddev = model.posterior(toys.X)
    q, p = (
        tfp.distributions.MultivariateNormalDiag(*each)
        for each in ((mean, stddev), (tf.zeros_like(mean),))
    )
    np.testing.assert_allclose(
        found["rate"], q.kl_divergence(p), **tolerances.EXACT
    )
    z = mean[:, None] + stddev[:, None] * draws(count)
    z_first = tf.transpose(z, [1, 0, 2])
    kl = q.log_prob(z_first) - p.log_prob(z_first)
    nats = -tf.reduce_mean(model.log_likelihood(toys.X, z, {}), axis=1)
    error = tf.math.reduce_std(kl, axis=0) / np.sqrt(count)
    assert np.all(np.abs(found["distortion"] - nats) < 4 * error)


def test_settings_of_the_paper():
    network = PRESETS["mnist"].network
    assert (network.hidden, network.latent) == ((200, 200), 50)
    assert PRESETS["mnist"].train.batch_size == 20

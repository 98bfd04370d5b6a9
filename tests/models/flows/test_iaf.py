import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from tests import tolerances
from tests.bijectors import checks
from tfgen.config import DataSpec, apply_overrides
from tfgen.errors import UserError
from tfgen.models.flows.iaf import IAF, PRESETS, Config

SMALL = Config(layers=2, hidden=(9,))

pytestmark = pytest.mark.usefixtures("float64")


def build(size=3, num_classes=0, **options):
    spec = DataSpec((size,), num_classes=num_classes)
    model = IAF(dataclasses.replace(SMALL, **options), spec)
    checks.randomize(model.variables, 0.4)
    return model


def test_samples_and_their_density_are_those_of_the_paper():
    """Equations 10 to 14 in NumPy, from noise to samples."""
    model, z = build(), checks.normal(5, 3).numpy()
    log_q = -0.5 * (z**2 + np.log(2 * np.pi)).sum(axis=1)
    log_stddev, mean = -model.start.log_scale.numpy(), -model.start.shift
    assert np.all(log_stddev != 0) and np.all(mean != 0)
    x = mean.numpy() + np.exp(log_stddev) * z
    log_q -= log_stddev.sum()
    for network in model.networks:
        s, m = np.split(network(tf.constant(x)).numpy(), 2, axis=1)
        s = s / (1 + abs(s) / np.log(1000)) + 1.5
        gate = 1 / (1 + np.exp(-s))
        x = gate * x + (1 - gate) * m
        log_q -= np.log(gate).sum(axis=1)
    np.testing.assert_allclose(model.decode(z), x, **tolerances.EXACT)
    np.testing.assert_allclose(model.log_prob(x), log_q, **tolerances.EXACT)


def test_a_number_of_a_sample_depends_on_the_noise_before_it():
    model, z = build(layers=1), checks.normal(4, 3)
    slopes = checks.jacobian(model.decode, z)
    assert np.all(np.triu(slopes, 1) == 0)
    assert np.all(slopes[:, np.tril(np.ones((3, 3))) > 0] != 0)


def test_layers_reverse_the_order():
    first, second = build().networks
    assert list(first.order) == [0, 1, 2]
    assert list(second.order) == [2, 1, 0]


def test_noise_starts_as_wide_as_the_first_batch():
    """Whatever the gates are, z of that batch has mean 0 and variance 1."""
    model, x = build(), 50 + 20 * checks.normal(40, 3)
    model.start.log_scale.assign(np.zeros(3))
    model.start.shift.assign(np.zeros(3))
    model.begin({"x": x})
    z = model.encode(x).numpy()
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(z.std(axis=0), 1, rtol=1e-4)
    np.testing.assert_allclose(model.decode(z), x, **tolerances.EXACT)


def test_dropout_is_refused():
    """Number by number there is no flow that it could be of."""
    with pytest.raises(UserError, match="setting dropout: unknown"):
        apply_overrides(PRESETS["digits"], ["dropout=0.5"])


CHOLESKY = np.array([[1.4, 0, 0], [-0.8, 0.6, 0], [1.5, 0.3, 0.8]])


def gaussian(L):
    return tfp.distributions.MultivariateNormalTriL(np.zeros(3), L)


def linear():
    config = dataclasses.replace(SMALL, layers=1, hidden=())
    return IAF(config, DataSpec((3,)))


def test_a_linear_step_is_a_gaussian_of_full_covariance():
    """In closed form: gates are half of the diagonal of its Cholesky factor."""
    model, gate = linear(), 1 / 2
    stddev = np.diag(CHOLESKY) / gate
    means = np.tril(CHOLESKY, -1) / (stddev * (1 - gate))
    (network,) = model.networks
    network.kernels[0].assign(np.concatenate([0 * means, means]).T)
    s = -SMALL.gate / (1 - SMALL.gate / np.log(1000))
    network.biases[0].assign(np.repeat([s, 0], 3))
    model.start.log_scale.assign(-np.log(stddev))
    z = checks.normal(50, 3).numpy()
    x = model.decode(z)
    np.testing.assert_allclose(x, z @ CHOLESKY.T, **tolerances.EXACT)
    log_p = gaussian(CHOLESKY).log_prob(x)
    np.testing.assert_allclose(model.log_prob(x), log_p, **tolerances.EXACT)


def test_a_linear_step_learns_a_gaussian_of_full_covariance():
    """From its own samples, as a posterior does: KL(q, p) goes to 0."""
    model, p = linear(), gaussian(CHOLESKY)
    rate = keras.optimizers.schedules.CosineDecay(0.1, 300)
    optimizer = keras.optimizers.Adam(rate)
    optimizer.build(model.trainable_variables)

    @tf.function(autograph=False)
    def kl(z):
        x, log_det = model.flow.inverse_and_log_det(z)
        nats = model.latents["z"].log_prob(z) - log_det - p.log_prob(x)
        return tf.reduce_mean(nats)

    @tf.function(autograph=False)
    def step(i):
        z = tf.random.stateless_normal([128, 3], [0, i], dtype=tf.float64)
        with tf.GradientTape() as tape:
            loss = kl(z)
        values = [v.value for v in model.trainable_variables]
        optimizer.apply(tape.gradient(loss, values), model.trainable_variables)

    fresh = checks.normal(1000, 3, seed=1)
    assert kl(fresh) > 1
    for i in tf.range(300):
        step(i)
    assert abs(kl(fresh)) < 0.01


def test_density_of_one_number_with_a_label_integrates_to_one():
    model = build(1, num_classes=2, conditional=True)
    x = np.arange(-20, 20, 0.01)[:, None]
    p = [
        np.exp(model.log_prob(x, label=np.full(len(x), label, np.int32)))
        for label in (0, 1)
    ]
    np.testing.assert_allclose(
        np.sum(p, axis=1) * 0.01, 1, **tolerances.QUADRATURE
    )
    assert np.all(p[0] != p[1])


def test_gradient_goes_through_the_loop():
    """Of a log-density of given data, by finite differences."""
    model, x = build(), checks.normal(2, 3)
    kernel = model.networks[0].kernels[0]
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(model.log_prob(x))
    gradient = tape.gradient(total, kernel.value).numpy()
    step = np.zeros_like(gradient)
    step[0, 4] = 1e-5
    value = kernel.numpy()
    sums = []
    for sign in (1, -1):
        kernel.assign(value + sign * step)
        sums.append(float(tf.reduce_sum(model.log_prob(x))))
    slope = (sums[0] - sums[1]) / 2e-5
    assert slope != 0
    np.testing.assert_allclose(gradient[0, 4], slope, rtol=1e-6)

"""What the VAE's paper says, and what every variational model has of it."""

import keras
import numpy as np
import pytest
import scipy.optimize
import tensorflow as tf
import tensorflow_probability as tfp

from benchmarks import compiled_steps
from tests import tolerances
from tests.bijectors import checks
from tests.models.autoencoders import toys
from tfgen import registry
from tfgen.config import Column, DataSpec
from tfgen.errors import UserError
from tfgen.models.autoencoders.vae import PRESETS, VAE, Config

OPTIONS = ("network.free_bits=0.05", "network.warmup_steps=3")


@pytest.mark.parametrize("name", ["vae", "iwae", "iaf_vae", "nvil", "vimco"])
def test_a_ladder_on_some_of_mnist(name):
    """The same examples, steps and latents, as far as there are some."""
    preset = registry.get(name).module().PRESETS["mnist_short"]
    assert preset.data.train_examples == 10_000
    assert (preset.train.steps, preset.train.batch_size) == (20_000, 128)
    Z = {"nvil": (200, 200), "vimco": (200, 200, 200)}
    network = preset.network
    assert (network.hidden if name in Z else network.latent) == Z.get(name, 32)
    assert name in ("vae", "iaf_vae") or network.draws == 5


def build(spec=None, **options):
    return toys.build(VAE, Config(), spec, **options)


def batch_of(x, Z=1, **fields):
    epsilon = checks.normal(len(x), Z, seed=1)
    return {"x": x, "epsilon": epsilon, **fields}


def test_probabilities_of_all_states_sum_to_one(float64):
    model = build()
    total = np.exp(toys.log_prob(model, toys.X)).sum()
    np.testing.assert_allclose(total, 1, **tolerances.EXACT)


def test_elbo_is_its_definition(float64):
    """Of densities, with their constants; and below log p(x) for every x."""
    model, x = build(), toys.X
    epsilon, weights = toys.hermite()
    rows = [tf.repeat(row[None], len(weights), 0) for row in x]
    elbo = np.array([model.elbo(row, epsilon) for row in rows]) @ weights
    mean, stddev = (t[:, None] for t in model.posterior(x))
    z = mean + stddev * epsilon
    normal = tfp.distributions.Normal
    log_ratio = normal(0.0 * z, 1.0).log_prob(z) - normal(
        mean, stddev
    ).log_prob(z)
    log_w = model.log_likelihood(x, z, {}) + log_ratio[..., 0]
    np.testing.assert_allclose(elbo, log_w.numpy() @ weights, rtol=1e-6)
    assert np.all(elbo < toys.log_prob(model, x) - 0.01)


class Linear(keras.layers.Layer):
    """A decoder of probabilistic PCA: one deviation for all numbers."""

    def __init__(self, D):
        super().__init__()
        self.mean = keras.layers.Dense(D)
        self.log_stddev = self.add_weight(shape=(), initializer="zeros")

    def call(self, z, condition=None):
        del condition
        mean = self.mean(z)
        log_stddev = tf.fill(tf.shape(mean), self.log_stddev.value)
        return tf.reshape(
            tf.stack([mean, log_stddev], -1), [-1, 2 * mean.shape[1]]
        )


def test_linear_model_is_probabilistic_pca(float64):
    """Tipping & Bishop 1999: its ELBO is trained up to their likelihood."""
    D, Z, N = 5, 2, 100
    random = np.random.default_rng(0)
    x = random.normal(size=(N, D)) @ random.normal(size=(D, D)) + 3
    model = build(DataSpec((D,)), latent=Z, hidden=())
    model.decoder = Linear(D)
    model.decoder(tf.zeros((1, Z)))
    # Quadratic terms have their mean over these, and there are no others.
    points = np.sqrt(Z) * np.concatenate([np.eye(Z), -np.eye(Z)])
    epsilon = tf.constant(np.repeat(points, N, axis=0))
    x = tf.constant(x)
    both = model.encoder, model.decoder
    variables = [v for network in both for v in network.trainable_variables]
    sizes = [v.shape.num_elements() for v in variables]

    @tf.function(autograph=False)
    def loss(flat):
        for variable, part in zip(variables, tf.split(flat, sizes)):
            variable.assign(tf.reshape(part, variable.shape))
        with tf.GradientTape() as tape:
            value = -tf.reduce_mean(model.elbo(tf.tile(x, [4, 1]), epsilon))
        gradients = tape.gradient(value, [v.value for v in variables])
        return value, tf.concat([tf.reshape(g, [-1]) for g in gradients], 0)

    start = np.concatenate([np.ravel(v) for v in variables])
    found = scipy.optimize.minimize(
        lambda w: [t.numpy() for t in loss(tf.constant(w))],
        0.1 * start,
        jac=True,
        method="L-BFGS-B",
    )
    eigenvalues = np.sort(np.linalg.eigvalsh(np.cov(x.numpy().T, bias=True)))
    noise = eigenvalues[: D - Z].mean()
    log_det = np.log(eigenvalues[D - Z :]).sum() + (D - Z) * np.log(noise)
    expected = -0.5 * (D * np.log(2 * np.pi) + log_det + D)
    assert -found.fun == pytest.approx(expected, abs=1e-3)
    deviation = np.exp(model.decoder.log_stddev)
    assert deviation**2 == pytest.approx(noise, rel=1e-2)


def test_options_change_the_objective_alone(float64):
    """What is reported is the ELBO."""
    plain, other = build(), build(free_bits=0.3, warmup_steps=4)
    batch = batch_of(toys.X, step=tf.fill([8], 2))
    expected = plain.per_example_metrics(batch)
    np.testing.assert_allclose(
        expected["negative_elbo"],
        -plain.elbo(batch["x"], batch["epsilon"]),
        **tolerances.EXACT,
    )
    found = other.per_example_metrics(batch)
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)
    np.testing.assert_allclose(
        expected["bits_per_dim"],
        expected["negative_elbo"] / (3 * np.log(2)),
        **tolerances.EXACT,
    )
    losses = other.per_example_losses(batch, training=True)
    rate = max(0.3, np.mean(expected["rate"])) / 2
    assert np.mean(losses["autoencoder"] - losses["distortion"]) == (
        pytest.approx(rate)
    )


@pytest.mark.parametrize("seed", range(3))
def test_compiled_steps_with_options(seed):
    """Fresh traces, of the warm-up's steps as well."""
    expected = compiled_steps.Steps(
        "vae", "float64", seed=seed, settings=OPTIONS
    )
    expected = compiled_steps.eager(expected)
    found = compiled_steps.Steps("vae", "float32", seed=seed, settings=OPTIONS)
    assert compiled_steps.deviation(found.run(), expected) < 3e-5


def test_free_bits_are_of_the_whole_batch(two_replicas):
    one, two = (
        compiled_steps.eager(
            compiled_steps.Steps("vae", "float64", how, settings=OPTIONS)
        )
        for how in ("compiled", "two_replicas")
    )
    assert compiled_steps.deviation(two, one) < 1e-9


def test_labels_condition_both_networks(float64):
    model = build(conditional=True)
    label = tf.repeat([0, 1], 8)
    x = tf.concat([toys.X, toys.X], 0)
    log_p = toys.log_prob(model, x, label=label).reshape(2, 8)
    np.testing.assert_allclose(np.exp(log_p).sum(1), 1, **tolerances.EXACT)
    assert np.all(log_p[0] != log_p[1])
    z = model.encode(x, label=label).numpy().reshape(2, 8)
    assert np.all(z[0] != z[1])
    elbo = model.elbo(x, checks.normal(16, 1), label=label)
    log_w = model.log_weights(x, checks.normal(16, 5, 1), label=label)
    assert elbo.shape == (16,) and log_w.shape == (16, 5)


def test_columns_have_densities_in_their_own_units():
    """A column of a hundred times the size has a hundredth of the density."""
    large, small = (
        build(DataSpec((1,), columns=(Column("c", 3.0 * s, 2.0 * s),)))
        for s in (100, 1)
    )
    x, epsilon = np.float32([checks.normal(4, 1, seed=i) for i in range(2)])
    np.testing.assert_allclose(
        small.elbo(x, epsilon) - large.elbo(100 * x, epsilon),
        [np.log(100)] * 4,
        **tolerances.FLOAT32,
    )
    np.testing.assert_allclose(
        large.reconstruct(100 * x),
        100 * small.reconstruct(x),
        **tolerances.FLOAT32,
    )


@pytest.mark.parametrize(
    "likelihood, levels, message",
    [
        (
            "bernoulli",
            17,
            "17 gray levels; expected logistic or categorical, or",
        ),
        ("bernoulli", 0, "the data are real numbers; expected gaussian.$"),
        ("logistic", 0, "the data are real numbers; expected gaussian.$"),
        ("categorical", 2, "the data are 2 gray levels; expected bernoulli.$"),
        ("gaussian", 17, "17 gray levels; expected logistic or categorical.$"),
    ],
)
def test_what_would_be_no_density_is_refused(likelihood, levels, message):
    message = f"^network.likelihood={likelihood}: .*{message}"
    with pytest.raises(UserError, match=message):
        VAE(Config(likelihood=likelihood), DataSpec((2,), levels=levels))


def test_settings_of_the_paper():
    network = PRESETS["mnist"].network
    assert (network.hidden, network.activation) == ((500,), "tanh")
    assert PRESETS["mnist"].train.batch_size == 100

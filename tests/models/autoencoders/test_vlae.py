"""The ladder of VLAE's networks, and its several latents."""

import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.bijectors import checks
from tests.models.autoencoders import toys
from tfgen import capabilities
from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.models.autoencoders.vlae import (
    PRESETS,
    VLAE,
    Config,
    auto,
)

pytestmark = pytest.mark.usefixtures("float64")
LATENT = (2, 1, 3)


def build(**options):
    options = {"latent": LATENT, "hidden": (4, 5, 3), **options}
    return toys.build(VLAE, Config(activation="tanh"), **options)


def test_the_elbo_is_that_of_one_vector_of_latents():
    """The prior is flat: z_1, z_2 and z_3 side by side are standard normal."""
    model, epsilon = build(), checks.normal(8, 6)
    mean, stddev = model.posterior(toys.X)
    z = mean + stddev * epsilon
    log_p = model.log_likelihood(toys.X, z, {})
    kl = 0.5 * (mean**2 + stddev**2 - 1) - tf.math.log(stddev)
    np.testing.assert_allclose(
        model.elbo(toys.X, epsilon),
        log_p - tf.reduce_sum(kl, axis=1),
        **tolerances.EXACT,
    )
    assert model.noise["epsilon"].shape == (6,) and model.sample_noise == 6


def test_probabilities_of_all_states_sum_to_one():
    """Of a ladder of one level, which is a VAE, of each class."""
    model = build(latent=(1,), hidden=(4,), conditional=True)
    found = [
        np.exp(toys.log_prob(model, toys.X, label=tf.fill([8], label)))
        for label in (0, 1)
    ]
    np.testing.assert_allclose(np.sum(found, 1), 1, **tolerances.EXACT)
    assert np.all(found[0] != found[1])


def test_a_latent_above_has_more_layers():
    """What a layer says depends on those below it, and on no other."""
    model, z = build(), [checks.normal(8, n) for n in LATENT]
    code, x = model.encode(toys.X), model.decode(*z)
    # The step from h_1 to h_2.
    checks.randomize(model.encoder.others[0].variables, 1.0, seed=1)
    found = model.encode(toys.X)
    np.testing.assert_array_equal(found["z_1"], code["z_1"])
    for name in ("z_2", "z_3"):
        assert np.all(found[name] != code[name])
    # The step to y_2: without it, z_2 and z_3 have no way to x.
    assert np.all(model.decode(z[0], 2 * z[1], z[2]) != x)
    assert np.all(model.decode(z[0], z[1], 2 * z[2]) != x)
    for variable in model.decoder.u[1].variables:
        variable.assign(tf.zeros_like(variable))
    x = model.decode(*z)
    np.testing.assert_array_equal(model.decode(z[0], -z[1], 2 * z[2]), x)
    assert np.all(model.decode(2 * z[0], z[1], z[2]) != x)


def test_ladders_are_those_of_the_paper():
    """In NumPy."""
    model, x = build(), toys.X.numpy()

    def dense(layer, h):
        kernel, bias = (np.asarray(v) for v in layer.variables)
        return h @ kernel + bias

    encoder, decoder = model.encoder, model.decoder
    h, means = 2 * x - 1, []
    layers = [encoder.first.perceptron.out, *encoder.others]
    for g, head, Z in zip(layers, encoder.heads, LATENT):
        h = np.tanh(dense(g, h))
        means.append(dense(head, h)[:, :Z])
    for found, expected in zip(model.encode(x).values(), means):
        np.testing.assert_allclose(found, expected, **tolerances.EXACT)
    y = np.zeros((8, 0))
    for u, z in list(zip(decoder.u, means))[::-1]:
        y = np.tanh(dense(u, np.concatenate([y, z], 1)))
    probability = 1 / (1 + np.exp(-dense(decoder.last.perceptron.out, y)))
    np.testing.assert_allclose(
        model.reconstruct(x), probability, **tolerances.EXACT
    )


def test_convolutions_are_below_the_ladder():
    spec = DataSpec((4, 8, 1), levels=2)
    model = VLAE(Config((1, 2), (4, 3), maps=(2, 3)), spec)
    x = np.ones((5, 4, 8, 1), np.float32)
    assert model.reconstruct(x).shape == x.shape
    assert [c.filters for c in model.encoder.first.convolutions] == [2, 3]
    assert [c.filters for c in model.decoder.last.convolutions] == [2, 1]


def test_latents_and_their_deviations_have_names():
    model = VLAE(Config((1, 2), (4, 3)), DataSpec((3,), levels=2))
    found = capabilities.signatures(model)
    names = [spec.name for spec in found["decode"].inputs]
    assert names == ["z_1", "z_2"]
    x = tf.cast(toys.X, tf.float32)
    code = found["encode"].function(x)
    assert list(code) == ["z_1", "z_2", "stddev_1", "stddev_2"]
    mean, stddev = model.posterior(x)
    np.testing.assert_array_equal(code["z_2"], mean[:, 1:])
    np.testing.assert_array_equal(code["stddev_1"], stddev[:, :1])


def test_the_warm_up_is_the_trainings():
    """What is reported is the ELBO."""
    model = build(warmup_steps=4)
    batch = {"x": toys.X, "epsilon": checks.normal(8, 6)}
    metrics = model.per_example_metrics(batch)
    for step, share in ((0, 0), (1, 0.25), (9, 1)):
        batch["step"] = tf.fill([8], step)
        losses = model.per_example_losses(batch, training=True)
        np.testing.assert_allclose(
            losses["autoencoder"],
            losses["distortion"] + share * losses["rate"],
            **tolerances.EXACT,
        )
        np.testing.assert_array_equal(losses["rate"], metrics["rate"])
    np.testing.assert_allclose(
        metrics["negative_elbo"], losses["autoencoder"], **tolerances.EXACT
    )


def test_each_latent_has_a_width():
    with pytest.raises(UserError) as error:
        build(hidden=(4, 3))
    assert str(error.value) == (
        "network.hidden=4,3: expected as many widths as network.latent has, 3."
    )


def test_a_training_is_longer_than_its_warm_up():
    """Of other data, whose sizes the latents share."""
    for spec, latent in ((DataSpec((2,)), 1), (DataSpec((8, 8, 1), 17), 10)):
        settings = auto(spec, 60, PRESETS["digits"].data)
        assert settings.network.latent == (latent,) * 3
        assert len(set(settings.network.hidden)) == 1
        assert 2 * settings.network.warmup_steps <= settings.train.steps


def test_latents_of_the_authors_code():
    assert PRESETS["mnist"].network.latent == (2, 2, 2)

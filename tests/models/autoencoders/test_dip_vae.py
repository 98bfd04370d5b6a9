"""The penalty of DIP-VAE's paper, of moments that were made by hand."""

import numpy as np
import pytest
import tensorflow as tf

from benchmarks import compiled_steps
from tests import tolerances
from tests.bijectors import checks
from tests.models.autoencoders import toys
from tfgen.models.autoencoders.dip_vae import DIPVAE, PRESETS, Config

pytestmark = pytest.mark.usefixtures("float64")
OD, D = 3.0, 5.0


def build(kind="I", **options):
    config = Config(kind, off_diagonal=OD, diagonal=D, maps=())
    return toys.build(DIPVAE, config, **options)


def moments():
    """Means with covariance [[2, .5], [.5, 3]]; variances with mean .1, .4."""
    root = np.linalg.cholesky([[2.0, 0.5], [0.5, 3.0]])
    corners = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])
    variances = np.array([[0.1, 0.4], [0.05, 0.7], [0.15, 0.1], [0.1, 0.4]])
    return 7 + corners @ root.T, np.log(variances) / 2


def test_penalties_by_hand():
    mean, log_stddev = map(tf.constant, moments())
    one, two = (build(kind).penalty(mean, log_stddev) for kind in ("I", "II"))
    assert float(one) == pytest.approx(OD * 2 * 0.25 + D * (1 + 4))
    assert float(two) == pytest.approx(OD * 2 * 0.25 + D * (1.1**2 + 2.4**2))


def test_the_second_is_the_first_without_deviations():
    mean, _ = map(tf.constant, moments())
    nothing = tf.fill([4, 2], -np.inf)
    nothing = tf.cast(nothing, mean.dtype)
    one, two = (build(kind).penalty(mean, nothing) for kind in ("I", "II"))
    assert float(one) == float(two) > 0


def test_whitened_codes_cost_nothing():
    """Of II, where the variances of means and posteriors add up to 1."""
    mean, log_stddev = moments()
    white = np.linalg.solve(
        np.linalg.cholesky(np.cov(mean.T, bias=True)), 1 * mean.T
    ).T
    variances = np.exp(2 * log_stddev).mean(0)
    assert float(build().penalty(white, log_stddev)) < 1e-20
    scaled = white * np.sqrt(1 - variances)
    assert float(build("II").penalty(scaled, log_stddev)) < 1e-20


def test_what_is_reported_is_the_elbo():
    model = build("II", latent=2)
    batch = {"x": toys.X, "epsilon": checks.normal(8, 2, seed=1)}
    losses = model.per_example_losses(batch, training=True)
    found = model.per_example_metrics(batch)
    np.testing.assert_allclose(
        losses["autoencoder"],
        found["negative_elbo"] + losses["penalty"],
        **tolerances.EXACT,
    )
    elbo = model.elbo(batch["x"], batch["epsilon"])
    np.testing.assert_allclose(-elbo, found["negative_elbo"], 1e-12)
    mean, stddev = model.posterior(toys.X)
    C = np.cov(mean.numpy().T, bias=True) + np.diag(
        np.mean(np.square(stddev), axis=0)
    )
    expected = OD * 2 * C[0, 1] ** 2 + D * np.sum((np.diag(C) - 1) ** 2)
    np.testing.assert_allclose(losses["penalty"], [expected] * 8, 1e-9)


def test_the_covariance_is_that_of_all_replicas(two_replicas):
    one, two = (
        compiled_steps.eager(compiled_steps.Steps("dip_vae", "float64", how))
        for how in ("compiled", "two_replicas")
    )
    assert compiled_steps.deviation(two, one) < 1e-9


def test_presets():
    assert PRESETS["sprites"].data.image_size == 16
    assert PRESETS["sprites_64"].data.image_size == 64
    assert PRESETS["sprites_64"].network.maps == (32,) * 4
    assert PRESETS["tiny"].network.kind == "II"

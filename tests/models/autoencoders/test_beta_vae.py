import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.bijectors import checks
from tests.models.autoencoders import toys
from tfgen.models.autoencoders.beta_vae import PRESETS, BetaVAE, Config

pytestmark = pytest.mark.usefixtures("float64")


def build(**options):
    return toys.build(BetaVAE, Config(maps=()), **options)


def batch(step):
    epsilon = checks.normal(8, 1, seed=1)
    return {"x": toys.X, "epsilon": epsilon, "step": tf.fill([8], step)}


def test_latents_cost_beta_times_as_much():
    losses = build(beta=7.0).per_example_losses(batch(0), training=True)
    np.testing.assert_allclose(
        losses["autoencoder"],
        losses["distortion"] + 7 * losses["rate"],
        **tolerances.EXACT,
    )


@pytest.mark.parametrize(
    "step, training, C",
    [(0, True, 0), (5, True, 1), (20, True, 2), (0, False, 2)],
)
def test_the_rate_is_held_at_a_capacity_that_grows(step, training, C):
    model = build(capacity=2.0, capacity_steps=10, gamma=30.0)
    losses = model.per_example_losses(batch(step), training)
    np.testing.assert_allclose(
        losses["autoencoder"],
        losses["distortion"] + 30 * abs(losses["rate"] - C),
        **tolerances.EXACT,
    )


def test_what_is_reported_is_the_elbo():
    found = build(capacity=2.0).per_example_metrics(batch(0))
    np.testing.assert_allclose(
        found["negative_elbo"],
        found["distortion"] + found["rate"],
        **tolerances.EXACT,
    )


def test_settings_of_the_papers():
    network = Config()
    assert (network.maps, network.hidden) == ((32,) * 4, (256, 256))
    assert (network.beta, network.latent) == (4, 10)
    assert PRESETS["digits_capacity"].network.capacity > 0
    assert PRESETS["sprites_64"].network.maps == (32,) * 4

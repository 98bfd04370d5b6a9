"""Against the formulas, written out with numpy."""

import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tfgen.losses import ADVERSARIAL

REAL = np.float64([-3.0, 0.0, 0.5, 4.0])
FAKE = np.float64([2.0, 0.0, -1.5, -0.3])


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


EXPECTED = {
    "minimax": (
        -np.log(sigmoid(REAL)) - np.log(1 - sigmoid(FAKE)),
        np.log(1 - sigmoid(FAKE)),
    ),
    "non_saturating": (
        -np.log(sigmoid(REAL)) - np.log(1 - sigmoid(FAKE)),
        -np.log(sigmoid(FAKE)),
    ),
    "least_squares": (
        ((REAL - 1) ** 2 + FAKE**2) / 2,
        (FAKE - 1) ** 2 / 2,
    ),
    "hinge": (
        np.maximum(0, 1 - REAL) + np.maximum(0, 1 + FAKE),
        -FAKE,
    ),
    "wasserstein": (FAKE - REAL, -FAKE),
}


def test_all_are_here():
    assert set(EXPECTED) == set(ADVERSARIAL)


@pytest.mark.parametrize("name", EXPECTED)
def test_values(name):
    discriminator, generator = EXPECTED[name]
    loss = ADVERSARIAL[name]
    np.testing.assert_allclose(
        loss.discriminator(tf.constant(REAL), tf.constant(FAKE)),
        discriminator,
        **tolerances.SAME,
    )
    np.testing.assert_allclose(
        loss.generator(tf.constant(FAKE)), generator, **tolerances.SAME
    )


def test_a_sure_discriminator_saturates_the_minimax_loss_alone():
    """Section 3 of Goodfellow et al.: why the generator's loss was changed."""
    fake = tf.constant([-20.0])
    gradients = {}
    for name in ("minimax", "non_saturating"):
        with tf.GradientTape() as tape:
            tape.watch(fake)
            loss = ADVERSARIAL[name].generator(fake)
        gradients[name] = float(tape.gradient(loss, fake)[0])
    assert abs(gradients["minimax"]) < 1e-8
    assert gradients["non_saturating"] == pytest.approx(-1)


@pytest.mark.parametrize("name", EXPECTED)
def test_large_logits_are_finite(name):
    large = tf.constant([-1e4, 1e4])
    loss = ADVERSARIAL[name]
    assert np.isfinite(loss.discriminator(large, large[::-1])).all()
    assert np.isfinite(loss.generator(large)).all()

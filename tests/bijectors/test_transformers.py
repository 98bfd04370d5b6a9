"""The scalar bijections; couplings of them are in tests/conformance."""

import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.bijectors.checks import normal
from tfgen.bijectors import (
    Additive,
    Affine,
    Gated,
    Inverted,
    Mixture,
    Spline,
    bounded,
)
from tfgen.models import glow_flow

TRANSFORMERS = {
    # Parameters a number.
    "affine": (Affine(), 2),
    "additive": (Additive(), 1),
    "bounded": (Affine(tf.tanh), 2),
}
every = pytest.mark.parametrize("name", TRANSFORMERS)
ANYWHERE = {
    "additive": Additive(),
    "affine": Affine(bounded),
    "gated": Gated(),
    "glow": Affine(glow_flow.log_scale),
    "inverted": Inverted(Affine(bounded)),
    "mixture": Mixture(3),
    "spline": Spline(),
}


def test_affine():
    """Eqs. 4-8: s and t are the halves of h."""
    x, h = np.array([[3.0, 4.0]]), np.array([[2.0, 3.0, -1.0, -2.0]])
    y, log_det = Affine().forward_and_log_det(tf.constant(x), tf.constant(h))
    expected = [[3 * np.exp(2) - 1, 4 * np.exp(3) - 2]]
    np.testing.assert_allclose(y, expected, **tolerances.EXACT)
    np.testing.assert_array_equal(log_det, [[2, 3]])
    bounded = Affine(lambda s: s / 2)
    _, log_det = bounded.forward_and_log_det(tf.constant(x), tf.constant(h))
    np.testing.assert_array_equal(log_det, [[1, 1.5]])


def test_additive():
    x, h = np.array([[3.0, 4.0]]), np.array([[2.0, -1.0]])
    y, log_det = Additive().forward_and_log_det(tf.constant(x), tf.constant(h))
    np.testing.assert_array_equal(y, [[5, 3]])
    np.testing.assert_array_equal(log_det, [[0, 0]])


@every
def test_inverse_and_derivative(name):
    """Each number alone: g(f(x)) = x, and log f'(x) by autodiff."""
    f, P = TRANSFORMERS[name]
    x, h = normal(4, 3), normal(4, 3 * P, seed=1)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y, log_det = f.forward_and_log_det(x, h)
        total = tf.reduce_sum(y)
    slope = tape.gradient(total, x)
    np.testing.assert_allclose(log_det, np.log(slope), **tolerances.EXACT)
    x_again, inverse_log_det = f.inverse_and_log_det(y, h)
    np.testing.assert_allclose(x_again, x, **tolerances.EXACT)
    np.testing.assert_allclose(inverse_log_det, -log_det, **tolerances.EXACT)


@every
def test_identity_at_zero(name):
    """Where a mask puts h to 0, x stays."""
    f, P = TRANSFORMERS[name]
    x, h = normal(4, 3), tf.zeros((4, 3 * P), tf.float64)
    for method in (f.forward_and_log_det, f.inverse_and_log_det):
        y, log_det = method(x, h)
        np.testing.assert_array_equal(y, x)
        np.testing.assert_array_equal(log_det, np.zeros((4, 3)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ANYWHERE)
def test_no_parameters_make_nan(name, dtype):
    """10,000 draws, inputs to 1e4, both ways, and gradients."""
    f, random = ANYWHERE[name], np.random.default_rng(0)
    scale = np.exp(random.normal(0, 3, (10_000, 1)))
    h = scale * random.standard_normal((10_000, f.parameters))
    assert np.max(abs(h)) > 1e4
    x = random.standard_normal((10_000, 1))
    x *= 10 ** random.uniform(-4, 4, (10_000, 1))
    x, h = tf.constant(np.clip(x, -1e4, 1e4), dtype), tf.constant(h, dtype)
    for method in (f.forward_and_log_det, f.inverse_and_log_det):
        with tf.GradientTape() as tape:
            tape.watch([x, h])
            y, log_det = method(x, h)
            total = tf.reduce_sum(y) + tf.reduce_sum(log_det)
        for value in (y, log_det, *tape.gradient(total, [x, h])):
            assert np.all(np.isfinite(value))

"""What holds for any bijector is in tests/conformance/test_bijectors.py."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from tests import tolerances
from tests.bijectors import checks
from tfgen.bijectors import Spline, bounded

K, C = 5, 3
SPLINE = Spline(K, edge=2.0, least=0.02)


def test_is_that_of_tfp(float64):
    x, h = 2 * checks.normal(200, C), 3 * checks.normal(200, (3 * K - 1) * C)
    logits = bounded(h, 3.0).numpy().reshape(200, 3 * K - 1, C)
    widths, heights, slopes = np.split(
        logits.transpose(0, 2, 1), [K, 2 * K], axis=-1
    )

    def shares(logits):
        p = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
        return 4 * (0.02 + (1 - K * 0.02) * p)

    expected = tfp.bijectors.RationalQuadraticSpline(
        shares(widths), shares(heights), np.exp(slopes), range_min=-2.0
    )
    y, log_det = SPLINE.forward_and_log_det(x, h)
    np.testing.assert_allclose(y, expected.forward(x), **tolerances.EXACT)
    np.testing.assert_allclose(
        log_det,
        expected.forward_log_det_jacobian(x, event_ndims=0),
        **tolerances.EXACT,
    )


def test_starts_as_the_identity(float64):
    x = 2 * checks.normal(50, C)
    y, log_det = SPLINE.forward_and_log_det(
        x, tf.zeros_like(checks.normal(50, (3 * K - 1) * C))
    )
    np.testing.assert_allclose(y, x, **tolerances.EXACT)
    np.testing.assert_allclose(log_det, 0, **tolerances.EXACT)


def test_slope_is_continuous_at_knots_and_edges(float64):
    h = checks.normal(1, (3 * K - 1) * 1)
    x = tf.constant(np.linspace(-2.1, 2.1, 200_001)[:, None])
    _, log_slope = Spline(K, edge=2.0).forward_and_log_det(
        x, tf.repeat(h, 200_001, 0)
    )
    assert np.max(abs(np.diff(log_slope[:, 0]))) < 1e-2


@pytest.mark.parametrize("scale", [1.0, 10.0, 1e4])
def test_finite_and_inverted_for_any_parameters_in_float32(scale):
    """10,000 draws, and inputs to 1e4; no slope is too flat to invert."""
    random = np.random.default_rng(0)
    h = tf.constant(
        scale * random.standard_normal((10_000, 3 * K - 1)), tf.float32
    )
    x = random.uniform(-3, 3, (10_000, 1))
    x[::10] *= 3e3
    x = tf.constant(x, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch([x, h])
        y, log_det = SPLINE.forward_and_log_det(x, h)
        total = tf.reduce_sum(y) + tf.reduce_sum(log_det)
    x_again, inverse_log_det = SPLINE.inverse_and_log_det(y, h)
    for value in (y, log_det, inverse_log_det, *tape.gradient(total, [x, h])):
        assert np.all(np.isfinite(value))
    assert np.max(abs(x_again - x)) < 0.01

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from tests import tolerances
from tests.bijectors import checks
from tfgen.bijectors import LogitGrayLevels

ends = pytest.mark.parametrize("levels", [2, 17, 256])
alphas = pytest.mark.parametrize("alpha", [1e-6, 0.05])


def by_hand(x, levels, alpha):
    """Section 4.1 as it stands there, in float64 NumPy."""
    p = alpha + (1 - alpha) * x / levels
    slope = (1 - alpha) / levels
    return np.log(p / (1 - p)), np.log(slope / (p * (1 - p))).sum(axis=1)


@given(
    share=st.lists(st.floats(0, 0.999), min_size=1, max_size=4),
    levels=st.integers(2, 256),
    alpha=st.floats(0.01, 0.5),
)
def test_formula(share, levels, alpha):
    x = np.array([share]) * levels
    flow = LogitGrayLevels(levels, alpha, event_ndims=1)
    y, log_det = flow.forward_and_log_det(tf.constant(x))
    expected_y, expected_log_det = by_hand(x, levels, alpha)
    np.testing.assert_allclose(y, expected_y, **tolerances.EXACT)
    np.testing.assert_allclose(log_det, expected_log_det, **tolerances.EXACT)
    checks.check_inverse(flow, tf.constant(x))


@ends
@alphas
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_edges(levels, alpha, dtype):
    """From 0 to the last float below `levels`, each a scalar event."""
    last = np.nextafter(dtype(levels), dtype(0))
    x = np.array([0, np.finfo(dtype).tiny, 1e-3, levels / 2, last], dtype)
    flow = LogitGrayLevels(levels, alpha, event_ndims=1)
    y = flow.forward(tf.constant(x[:, None])).numpy()
    assert np.all(np.diff(y[:, 0]) >= 0)
    # One unit in the last place of y moves x by less than that of `levels`.
    eps = np.finfo(dtype).eps
    checks.check_bijective_and_finite(
        flow, x[:, None], y, rtol=100 * eps, atol=4 * levels * eps
    )


@ends
def test_last_float_keeps_its_density(levels):
    """Float32 agrees with float64 where a rounded p would be 1."""
    last = np.nextafter(np.float32(levels), np.float32(0))
    flow = LogitGrayLevels(levels, event_ndims=1)
    x = np.array([[last]])
    y, log_det = flow.forward_and_log_det(tf.constant(x))
    exact = flow.forward_and_log_det(tf.constant(x, tf.float64))
    np.testing.assert_allclose(y, exact[0], **tolerances.SAME)
    np.testing.assert_allclose(log_det, exact[1], **tolerances.SAME)


def test_middle_of_the_paper():
    """levels = 256, a = 0.05: x = 0 is logit(0.05)."""
    y, _ = LogitGrayLevels(256, event_ndims=1).forward_and_log_det(
        tf.zeros((1, 1), tf.float64)
    )
    np.testing.assert_allclose(y, [[np.log(0.05 / 0.95)]], **tolerances.EXACT)

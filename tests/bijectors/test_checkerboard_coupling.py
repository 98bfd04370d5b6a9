import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import tolerances
from tests.bijectors import checks
from tfgen.bijectors import CheckerboardCoupling
from tfgen.bijectors.checkerboard_coupling import checkerboard

pytestmark = pytest.mark.usefixtures("float64")


def coupling(shape, swap=False, condition=0):
    conditioner = checks.conv_conditioner(shape, shape[-1], condition)
    return CheckerboardCoupling(conditioner, swap)


def test_mask_of_figure_3():
    """1 where the sum of the spatial coordinates is odd."""
    expected = [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
    mask = checkerboard(4, 4)
    assert mask.shape == (1, 4, 4, 1)
    np.testing.assert_array_equal(mask[0, :, :, 0], expected)
    np.testing.assert_array_equal(checkerboard(4, 4, swap=True), 1 - mask)


@given(
    height=st.integers(1, 4),
    width=st.integers(1, 4),
    channels=st.integers(1, 2),
    swap=st.booleans(),
)
@settings(max_examples=10)
def test_inverse_and_log_det(height, width, channels, swap):
    shape = (height, width, channels)
    flow, x = coupling(shape, swap), checks.normal(2, *shape)
    checks.check_inverse(flow, x)
    checks.check_log_det(flow, x)


def test_methods_of_tfp():
    flow, x = coupling((3, 4, 2)), checks.normal(2, 3, 4, 2)
    checks.check_tfp_methods(flow, x)
    y = 10 * checks.normal(2, 3, 4, 2, seed=1)
    checks.check_bijective_and_finite(flow, x, y)


@pytest.mark.parametrize("swap", [False, True])
def test_formula_of_eq_9(swap):
    flow, x = coupling((3, 4, 2), swap), checks.normal(2, 3, 4, 2).numpy()
    b = checkerboard(3, 4, swap).astype(np.float64)
    s, t = (np.asarray(h) for h in flow._conditioner(b * x))
    y, log_det = flow.forward_and_log_det(tf.constant(x))
    expected = b * x + (1 - b) * (x * np.exp(s) + t)
    np.testing.assert_allclose(y, expected, **tolerances.EXACT)
    expected = ((1 - b) * s).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(log_det, expected, **tolerances.EXACT)


def test_jacobian_of_eq_6():
    """With the kept pixels first: identity, zero and diag(exp(s))."""
    flow, x = coupling((2, 4, 1)), checks.normal(1, 2, 4, 1)
    (matrix,) = checks.jacobian(flow.forward, x)
    b = checkerboard(2, 4).astype(np.float64)
    s, _ = flow._conditioner(b * x)
    kept = b.ravel() == 1
    np.testing.assert_array_equal(matrix[np.ix_(kept, kept)], np.eye(4))
    np.testing.assert_array_equal(matrix[np.ix_(kept, ~kept)], 0)
    np.testing.assert_allclose(
        matrix[np.ix_(~kept, ~kept)],
        np.diag(np.exp(np.ravel(s)[~kept])),
        **tolerances.EXACT,
    )
    assert np.any(matrix[np.ix_(~kept, kept)])


def test_condition():
    flow, x = coupling((2, 2, 1), condition=3), checks.normal(2, 2, 2, 1)
    condition = checks.normal(2, 3, seed=1)
    checks.check_inverse(flow, x, condition=condition)
    checks.check_log_det(flow, x, condition=condition)
    y, _ = flow.forward_and_log_det(x, condition=condition)
    other, _ = flow.forward_and_log_det(x, condition=condition + 1)
    changed = np.any(y != other, axis=(0, 3))
    np.testing.assert_array_equal(changed, [[True, False], [False, True]])

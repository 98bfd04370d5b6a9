import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from tests import tolerances
from tests.bijectors import checks
from tfgen.bijectors import SplitCoupling

pytestmark = pytest.mark.usefixtures("float64")
swaps = pytest.mark.parametrize("swap", [False, True])


def sizes(D, swap):
    """Dimensions of x_a and x_b."""
    first = (D + 1) // 2
    return (D - first, first) if swap else (first, D - first)


def coupling(D, swap=False, condition=0):
    conditioner = checks.mlp_conditioner(*sizes(D, swap), condition)
    return SplitCoupling(conditioner, swap)


@given(D=st.integers(2, 7), B=st.integers(1, 4), swap=st.booleans())
def test_inverse_and_log_det(D, B, swap):
    flow, x = coupling(D, swap), checks.normal(B, D)
    checks.check_inverse(flow, x)
    checks.check_log_det(flow, x)


@swaps
def test_methods_of_tfp(swap):
    flow, x = coupling(5, swap), checks.normal(4, 5)
    checks.check_tfp_methods(flow, x)
    checks.check_bijective_and_finite(flow, x, 10 * checks.normal(4, 5, seed=1))


def test_jacobian_of_eq_6():
    """Identity block, zero block, and diag(exp(s)) of eq. 6."""
    flow, x = coupling(5), checks.normal(2, 5)
    matrix = checks.jacobian(flow.forward, x)
    s, _ = flow._conditioner(x[:, :3])
    for block, row in zip(matrix, s):
        np.testing.assert_array_equal(block[:3, :3], np.eye(3))
        np.testing.assert_array_equal(block[:3, 3:], 0)
        np.testing.assert_allclose(
            block[3:, 3:], np.diag(np.exp(row)), **tolerances.EXACT
        )
        assert np.all(block[3:, :3] != 0)


def test_formula():
    """Eqs. 4-8 in NumPy, with s = x_a + 1 and t = -x_a."""
    flow = SplitCoupling(lambda x, **_: (x + 1, -x))
    x = np.array([[1.0, 2.0, 3.0, 4.0]])
    y, log_det = flow.forward_and_log_det(tf.constant(x))
    expected = [[1, 2, 3 * np.exp(2) - 1, 4 * np.exp(3) - 2]]
    np.testing.assert_allclose(y, expected, **tolerances.EXACT)
    np.testing.assert_allclose(log_det, [2 + 3], **tolerances.EXACT)


@pytest.mark.parametrize(
    "D, swap, kept",
    [
        (4, False, [0, 1]),
        (4, True, [2, 3]),
        (5, False, [0, 1, 2]),
        (5, True, [3, 4]),
    ],
)
def test_what_is_kept(D, swap, kept):
    x = checks.normal(3, D)
    y, _ = coupling(D, swap).forward_and_log_det(x)
    same = np.all(y == x, axis=0)
    np.testing.assert_array_equal(np.flatnonzero(same), kept)


@swaps
def test_channels_of_images(swap):
    """The channel-wise mask of figure 3: halves of the channels."""
    conditioner = checks.conv_conditioner((2, 2, 2), 2)
    flow = SplitCoupling(conditioner, swap, event_ndims=3)
    x = checks.normal(2, 2, 2, 4)
    checks.check_inverse(flow, x)
    checks.check_log_det(flow, x)
    checks.check_tfp_methods(flow, x)
    y, _ = flow.forward_and_log_det(x)
    same = np.all(y == x, axis=(0, 1, 2))
    np.testing.assert_array_equal(same, [not swap] * 2 + [swap] * 2)


def test_condition():
    flow, x = coupling(3, condition=2), checks.normal(4, 3)
    condition = checks.normal(4, 2, seed=1)
    checks.check_inverse(flow, x, condition=condition)
    checks.check_log_det(flow, x, condition=condition)
    y, _ = flow.forward_and_log_det(x, condition=condition)
    other, _ = flow.forward_and_log_det(x, condition=condition + 1)
    assert np.all(y[:, 2] != other[:, 2])


def test_one_dimension_cannot_be_split():
    with pytest.raises(
        ValueError, match=r"split_coupling: .* at least 2, got 1"
    ):
        SplitCoupling(None).forward_and_log_det(tf.ones((3, 1)))

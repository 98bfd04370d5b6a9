import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from tests import tolerances
from tests.bijectors import checks
from tfgen.bijectors import (
    Affine,
    Coupling,
    Halves,
    LogitGrayLevels,
    Sequential,
    Squeeze,
)

pytestmark = pytest.mark.usefixtures("float64")


def couplings(D=3, count=3, condition=0):
    splits = [Halves(swap=i % 2 == 1) for i in range(count)]
    return [
        Coupling(
            split, checks.conditioner(split, (D,), 2, condition, i), Affine()
        )
        for i, split in enumerate(splits)
    ]


def test_first_is_applied_first():
    """Eqs. 10-11: f = f_2 after f_1, and log-dets add up."""
    first, second, third = couplings()
    x = checks.normal(4, 3)
    h, log_det_1 = first.forward_and_log_det(x)
    h, log_det_2 = second.forward_and_log_det(h)
    h, log_det_3 = third.forward_and_log_det(h)
    y, log_det = Sequential([first, second, third]).forward_and_log_det(x)
    np.testing.assert_array_equal(y, h)
    np.testing.assert_allclose(
        log_det, log_det_1 + log_det_2 + log_det_3, **tolerances.EXACT
    )


def test_same_as_chain_of_tfp():
    """`tfp.bijectors.Chain` lists the last function first."""
    parts, x = couplings(), checks.normal(4, 3)
    chain = tfp.bijectors.Chain(parts[::-1])
    y, log_det = Sequential(parts).forward_and_log_det(x)
    np.testing.assert_allclose(chain.forward(x), y, **tolerances.EXACT)
    np.testing.assert_allclose(
        chain.forward_log_det_jacobian(tf.identity(x), 1),
        log_det,
        **tolerances.EXACT,
    )


def test_condition_reaches_every_part():
    flow = Sequential(couplings(condition=2))
    x, condition = checks.normal(4, 3), checks.normal(4, 2, seed=1)
    checks.check_inverse(flow, x, condition=condition)
    checks.check_log_det(flow, x, condition=condition)
    y, _ = flow.forward_and_log_det(x, condition=condition)
    other, _ = flow.forward_and_log_det(x, condition=condition + 1)
    assert np.all(np.any(y != other, axis=0))


def test_event_shapes():
    flow = Sequential([LogitGrayLevels(17), Squeeze(), Squeeze()])
    assert flow.forward_event_shape([8, 4, 1]) == [2, 1, 16]
    assert flow.inverse_event_shape([2, 1, 16]) == [8, 4, 1]

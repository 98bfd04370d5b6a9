import numpy as np
import pytest
import tensorflow as tf

from tests.bijectors import checks
from tfgen.bijectors import (
    Affine,
    Checkerboard,
    Coupling,
    LogitGrayLevels,
    MultiScale,
    Sequential,
    Squeeze,
)

pytestmark = pytest.mark.usefixtures("float64")


def squeezes(shape, scales, diagonal=False):
    """Squeezing alone: every number of x can be found again in z."""
    return MultiScale([Squeeze() for _ in range(scales)], shape, diagonal)


def coupled(shape=(4, 4, 1)):
    """Two scales with random couplings."""
    inner = (shape[0] // 2, shape[1] // 2, 2 * shape[2])
    split = Checkerboard()
    first, second = (
        Coupling(split, checks.conditioner(split, s, 2, seed=i), Affine())
        for i, s in enumerate([shape, inner])
    )
    return MultiScale([Sequential([first, Squeeze()]), second], shape)


def test_order_of_eq_16():
    """z = (z_1, z_2): what leaves first comes first, rows first."""
    x = tf.reshape(tf.range(1.0, 17.0), (1, 4, 4, 1))
    flow = squeezes((4, 4, 1), 2)
    # Of the channels of figure 3, [1 2 5 6], ..., the first half goes on.
    z_1 = [5, 6, 7, 8, 13, 14, 15, 16]
    z_2 = [1, 2, 3, 4, 9, 10, 11, 12]
    z, log_det = flow.forward_and_log_det(x)
    np.testing.assert_array_equal(z, [z_1 + z_2])
    np.testing.assert_array_equal(log_det, [0])


def test_a_checkerboard_goes_on():
    """Of the squares [1 2; 5 6], … one diagonal leaves."""
    x = tf.reshape(tf.range(1.0, 17.0), (1, 4, 4, 1))
    flow = squeezes((4, 4, 1), 2, diagonal=True)
    z_1 = [5, 2, 7, 4, 13, 10, 15, 12]
    z, _ = flow.forward_and_log_det(x)
    np.testing.assert_array_equal(z[:, :8], [z_1])
    again, log_det = flow.inverse_and_log_det(z)
    np.testing.assert_array_equal(again, x)
    np.testing.assert_array_equal(log_det, [0])


def test_recursion_of_eqs_13_to_15():
    """The same by hand: f_1, halves, then f_2 on the half that goes on."""
    flow, x = coupled(), checks.normal(3, 4, 4, 1)
    first, second = flow._scales
    h, log_det_1 = first.forward_and_log_det(x)
    h_1, z_1 = h[..., :2], h[..., 2:]
    z_2, log_det_2 = second.forward_and_log_det(h_1)
    z, log_det = flow.forward_and_log_det(x)
    rows = [tf.reshape(part, (3, 8)) for part in (z_1, z_2)]
    np.testing.assert_array_equal(z, tf.concat(rows, axis=1))
    np.testing.assert_array_equal(log_det, log_det_1 + log_det_2)


def test_shapes_of_three_scales():
    flow = squeezes((8, 16, 3), 3)
    assert flow.forward_event_shape([8, 16, 3]) == [384]
    assert flow.inverse_event_shape([384]) == [8, 16, 3]
    parts = flow.split(tf.zeros((5, 384)))
    shapes = [tuple(part.shape) for part in parts]
    # Half of the dimensions leaves at each scale.
    assert shapes == [(5, 4, 8, 6), (5, 2, 4, 12), (5, 1, 2, 48)]


def test_split_cuts_what_forward_joins():
    flow, x = squeezes((4, 4, 1), 2), checks.normal(2, 4, 4, 1)
    z, _ = flow.forward_and_log_det(x)
    parts = [tf.reshape(part, (2, -1)) for part in flow.split(z)]
    np.testing.assert_array_equal(tf.concat(parts, axis=1), z)


def test_odd_channels_cannot_be_halved():
    with pytest.raises(ValueError, match="multi_scale: .* half of 3 channels"):
        MultiScale([LogitGrayLevels(17) for _ in range(2)], (2, 2, 3))

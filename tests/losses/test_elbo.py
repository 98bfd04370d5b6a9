import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tfgen.losses import free_bits, importance_bound, warm_up


def test_importance_bound():
    """The logarithm of the mean, also of weights that float32 has not."""
    log_w = np.log([[1.0, 2.0, 6.0], [4.0, 4.0, 4.0]])
    for shift in (0, -2000):
        bound = importance_bound(tf.constant(shift + log_w))
        expected = shift + np.log([3, 4])
        np.testing.assert_allclose(bound, expected, **tolerances.EXACT)


def test_free_bits():
    """The mean of each dimension decides, and not each example."""
    kl = tf.constant([[0.0, 1.0, 9.0], [0.4, 3.0, 0.1]])
    with tf.GradientTape() as tape:
        tape.watch(kl)
        cost = tf.reduce_mean(free_bits(kl, 0.5))
    assert float(cost) == pytest.approx(0.5 + 2 + 4.55)
    gradient = tape.gradient(cost, kl)
    np.testing.assert_array_equal(gradient, [[0, 0.5, 0.5]] * 2)
    # None: a KL of one draw may be negative, and then remains so.
    none = free_bits(tf.constant([[-1.0, 3.0]]), 0.0)
    np.testing.assert_array_equal(none, [2.0])


def test_warm_up():
    steps = tf.constant([0, 1, 4, 9])
    np.testing.assert_array_equal(warm_up(steps, 4), [0, 0.25, 1, 1])

import numpy as np
import tensorflow as tf

from tfgen.experiments.dgn_am import ascend

RANDOM = np.random.default_rng(3)


def test_of_linear_networks_it_is_the_closed_form():
    """Y* = clip(A'w / 2 lambda, 0, 3 sigma), whatever b is."""
    D, Z, decay = 7, 5, 0.9
    A, b = RANDOM.standard_normal((D, Z)), RANDOM.standard_normal(D)
    w, high = RANDOM.standard_normal(D), RANDOM.uniform(0.5, 2, Z)
    start = RANDOM.uniform(0, 1, (4, Z)) * high
    A_, b_, w_ = (tf.constant(a, tf.float32) for a in (A, b, w))

    def h(y):
        return tf.linalg.matvec(tf.linalg.matvec(A_, y) + b_, w_)

    y, value = ascend(h, start, high, decay=decay, steps=500)
    expected = np.clip(A.T @ w / (2 * decay), 0, high)
    assert 0 < np.sum((expected > 0) & (expected < high)) < Z
    np.testing.assert_allclose(y, np.tile(expected, (4, 1)), atol=2e-2)
    np.testing.assert_allclose(value, w @ (A @ expected + b), atol=5e-2)
    # Without lambda, a corner of the box.
    corner, _ = ascend(h, start, high, steps=500)
    np.testing.assert_allclose(
        corner, np.tile(np.where(A.T @ w > 0, high, 0), (4, 1)), atol=1e-3
    )


def test_each_stays_where_it_is_enough():
    def h(y):
        return tf.reduce_sum(y, (1, 2))

    start = np.zeros((3, 2, 2))
    enough = np.array([-1.0, 2.0, 100.0], np.float32)
    y, most = ascend(h, start, 1.0, enough, steps=50)
    reached = y.sum((1, 2))
    assert reached[0] == 0
    assert 2 <= reached[1] < 2.5
    np.testing.assert_allclose([reached[2], *most], 4, atol=1e-5)

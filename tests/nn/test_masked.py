import numpy as np
import tensorflow as tf

from tests import tolerances
from tfgen.nn import masked_mean, masked_softmax

MASK = np.array([[1, 1, 1], [1, 0, 0], [0, 0, 0]])


def test_mean():
    x = np.arange(18, dtype=np.float32).reshape(3, 3, 2)
    # Rows of x: 0 1, 2 3, 4 5; 6 7, …; the last sentence has no words.
    expected = [[2, 3], [6, 7], [0, 0]]
    np.testing.assert_allclose(masked_mean(x, MASK), expected)


def test_softmax():
    scores = np.log(np.array([[1, 2, 5], [3, 9, 9], [1, 1, 1]], np.float32))
    expected = [[1 / 8, 2 / 8, 5 / 8], [1, 0, 0], [0, 0, 0]]
    got = masked_softmax(tf.constant(scores), MASK)
    np.testing.assert_allclose(got, expected, **tolerances.SAME)


def test_padding_gets_exactly_nothing_whatever_its_score():
    scores = np.array([[-200.0, 1000.0], [1000.0, np.inf]], np.float32)
    got = masked_softmax(tf.constant(scores), np.array([[1, 0], [1, 0]]))
    np.testing.assert_array_equal(got, [[1, 0], [1, 0]])


def test_softmax_has_finite_gradients():
    scores = tf.constant([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])
    with tf.GradientTape() as tape:
        tape.watch(scores)
        loss = tf.reduce_sum(masked_softmax(scores, MASK)[:, 0])
    gradient = tape.gradient(loss, scores).numpy()
    assert np.all(np.isfinite(gradient))
    assert np.all(gradient[MASK == 0] == 0)
    assert np.any(gradient[0])

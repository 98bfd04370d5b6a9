import numpy as np
import tensorflow as tf

from tfgen.nn import lookup


def test_rows_and_a_dense_gradient():
    table = tf.constant([[1.0, 2], [3, 4], [5, 6]])
    with tf.GradientTape() as tape:
        tape.watch(table)
        rows = lookup(table, tf.constant([[2, 0], [2, 2]]))
        loss = tf.reduce_sum(rows * [[[1.0], [10]], [[100], [1000]]])
    np.testing.assert_array_equal(rows[0], [[5, 6], [1, 2]])
    gradient = tape.gradient(loss, table)
    assert isinstance(gradient, tf.Tensor)
    np.testing.assert_array_equal(gradient, [[10, 10], [0, 0], [1101, 1101]])

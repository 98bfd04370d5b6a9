import numpy as np
import tensorflow as tf

from tfgen.nn.doubling import Doubling2D
from tfgen.nn.exported import for_export


def test_each_pixel_becomes_four():
    x = np.random.default_rng(0).random((2, 3, 4, 5), np.float32)
    expected = np.repeat(np.repeat(x, 2, 1), 2, 2)
    np.testing.assert_array_equal(Doubling2D()(x), expected)
    with for_export():
        found = tf.function(Doubling2D().call)(tf.constant(x))
    np.testing.assert_array_equal(found, expected)

import numpy as np
import tensorflow as tf

from tests import tolerances
from tfgen.nn import ScaledTanh, randomize


def built(dtype=tf.float32):
    layer, x = ScaledTanh(), tf.random.normal((5, 3), dtype=dtype)
    layer(x)
    return layer, x


def test_formula(float64):
    """s = scale * tanh(h_s) (section 4.1)."""
    layer, x = built(tf.float64)
    np.testing.assert_allclose(layer(x), np.tanh(x), **tolerances.EXACT)
    randomize(layer.variables, 1.0)
    expected = layer.scale.numpy() * np.tanh(x)
    np.testing.assert_allclose(layer(x), expected, **tolerances.EXACT)


def test_mixed_precision(mixed_bfloat16):
    """The input, a float32 sum of the flow, is not rounded."""
    layer, x = built()
    assert layer(x).dtype == layer.scale.dtype == tf.float32
    np.testing.assert_allclose(layer(x), np.tanh(x), **tolerances.SAME)


def test_learns_the_scale():
    layer, x = built()
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(layer(x))
    (variable,) = layer.trainable_variables
    np.testing.assert_allclose(
        tape.gradient(total, variable.value),
        np.tanh(x).sum(axis=0),
        **tolerances.SAME,
    )

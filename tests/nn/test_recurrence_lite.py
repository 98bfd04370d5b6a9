import keras
import numpy as np
import tensorflow as tf

from tests import tolerances
from tfgen.nn import gru_lite, lstm_lite, randomize
from tfgen.nn.recurrence_lite import scan_lite

B, T, D, H = 3, 5, 4, 6
MASK = np.arange(T) < np.array([[5], [1], [3]])


def layer_and_input(kind):
    layer = kind(H, return_sequences=True, return_state=True)
    x = np.random.default_rng(0).standard_normal((B, T, D))
    layer(x)
    randomize(layer.variables, 0.5, seed=0)
    return layer, tf.constant(x)


def test_scan():
    """Running sums, and the number of steps on the way."""
    x = np.random.default_rng(0).standard_normal((T, B, H)).astype(np.float32)
    outputs, (total, count) = scan_lite(
        lambda x, total, count: (total + x, count + 1),
        [tf.constant(x)],
        [tf.zeros([B, H]), tf.zeros([B, 1])],
    )
    np.testing.assert_allclose(outputs, np.cumsum(x, 0), **tolerances.SAME)
    np.testing.assert_array_equal(total, outputs[-1])
    np.testing.assert_array_equal(count, np.full([B, 1], T))


def test_lstm_is_keras_with_a_mask_and_a_cell(float64):
    layer, x = layer_and_input(keras.layers.LSTM)
    c = np.random.default_rng(1).standard_normal((B, H))
    expected = layer(x, mask=MASK, initial_state=[np.zeros_like(c), c])
    got = lstm_lite(layer, x, tf.constant(MASK), tf.constant(c))
    for a, b in zip(got, expected):
        np.testing.assert_allclose(a, b, **tolerances.EXACT)


def test_gru_is_keras(float64):
    layer, x = layer_and_input(keras.layers.GRU)
    expected, _ = layer(x)
    np.testing.assert_allclose(gru_lite(layer, x), expected, **tolerances.EXACT)

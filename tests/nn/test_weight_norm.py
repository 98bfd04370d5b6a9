import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from tests import tolerances
from tfgen.nn import WeightNormConv2D, randomize


def built(channels, filters, side, **options):
    layer = WeightNormConv2D(filters, side, **options)
    layer.build((None, None, None, channels))
    return layer


def kernel(layer):
    """The kernel as the layer applies it: its response to unit impulses."""
    side, channels = layer.kernel_size, layer.v.shape[2]
    size = 2 * side - 1
    impulses = np.zeros((channels, size, size, channels), np.float32)
    for c in range(channels):
        impulses[c, side - 1, side - 1, c] = 1
    response = layer(impulses) - layer.bias
    middle = slice((side - 1) // 2, (side - 1) // 2 + side)
    # A convolution shows its kernel turned round.
    response = response[:, middle, middle][:, ::-1, ::-1]
    return np.transpose(response, (1, 2, 0, 3))


@given(
    channels=st.integers(1, 4),
    filters=st.integers(1, 5),
    side=st.sampled_from([1, 3]),
    seed=st.integers(0, 5),
)
def test_norm_of_the_kernel_is_g(channels, filters, side, seed):
    """|g v / |v|| = |g| for each output channel, whatever v."""
    layer = built(channels, filters, side)
    randomize(layer.trainable_variables, 1.0, seed)
    norm = np.sqrt(np.sum(kernel(layer) ** 2, axis=(0, 1, 2)))
    np.testing.assert_allclose(norm, np.abs(layer.g), **tolerances.FLOAT32)


@pytest.mark.parametrize("side", [1, 3])
def test_starts_as_a_plain_convolution(side):
    """g starts at |v|, so that the kernel starts at v."""
    layer, x = built(2, 4, side), tf.random.normal((2, 5, 4, 2))
    plain = tf.nn.conv2d(x, layer.v, 1, "SAME")
    np.testing.assert_allclose(layer(x), plain, **tolerances.FLOAT32)


def test_zero_init():
    layer = built(2, 4, 3, zero_init=True)
    y = layer(tf.random.normal((2, 5, 4, 2)))
    np.testing.assert_array_equal(y, np.zeros((2, 5, 4, 4)))


def test_penalty_is_on_g_alone():
    """0.5 * sum g^2, not on v or the bias (section 4.1)."""
    layer = built(2, 4, 3, scale_l2=0.5)
    randomize(layer.trainable_variables)
    (penalty,) = layer.losses
    expected = 0.5 * np.sum(layer.g.numpy() ** 2)
    np.testing.assert_allclose(penalty, expected, **tolerances.SAME)
    assert built(2, 4, 3).losses == []


def test_start_inside_a_layer_without_build(mixed_bfloat16):
    """Where Keras traces the layer to build it, g starts at |v| as well."""

    class Outer(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = WeightNormConv2D(4, 3)

        def call(self, x):
            return self.inner(x)

    outer = Outer()
    assert outer(tf.ones((1, 4, 4, 2))).dtype == tf.bfloat16
    v = outer.inner.v.numpy()
    norm = np.sqrt(np.sum(v**2, axis=(0, 1, 2)))
    np.testing.assert_allclose(outer.inner.g, norm, **tolerances.SAME)

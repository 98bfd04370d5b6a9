import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tfgen.nn import MLP, ResidualConvNet, ScaleShift, randomize


def built(**options):
    layer = ScaleShift(MLP([4], 6, **options), 3)
    x = tf.random.normal((5, 2))
    layer(x)
    return layer, x


def test_formula(float64):
    """s = scale * tanh(h_s), t = h_t (section 4.1)."""
    layer, x = built()
    randomize(layer.variables, 1.0)
    s, t = layer(x)
    h = layer.network(x).numpy()
    expected = layer.scale.numpy() * np.tanh(h[:, :3])
    np.testing.assert_allclose(s, expected, **tolerances.EXACT)
    np.testing.assert_allclose(t, h[:, 3:], **tolerances.EXACT)


def test_starts_at_zero():
    layer, x = built(zero_init=True)
    for output in layer(x):
        np.testing.assert_array_equal(output, np.zeros((5, 3)))


def test_learns_network_and_scale():
    layer, _ = built()
    assert [v.path.split("/")[-1] for v in layer.trainable_variables] == [
        "scale",
        *["kernel", "bias"] * 2,
    ]


@pytest.mark.parametrize("shape", [(2,), (4, 4, 2)])
def test_mixed_precision(mixed_bfloat16, shape):
    """The network computes in bfloat16; s and t come out in float32."""
    network = MLP([4], 6) if len(shape) == 1 else ResidualConvNet(4, 1, 6)
    layer = ScaleShift(network, 3)
    x, condition = tf.random.normal((5, *shape)), tf.ones((5, 2))
    layer(x, condition=condition)
    randomize(layer.variables, seed=1)
    assert network(x, condition=condition).dtype == tf.bfloat16
    s, t = layer(x, condition=condition)
    assert s.dtype == t.dtype == tf.float32
    # The scale is not rounded: s is scale * tanh of a bfloat16 number.
    ratio = np.arctanh(s / layer.scale.numpy())
    rounded = tf.cast(tf.cast(ratio, tf.bfloat16), tf.float32)
    np.testing.assert_allclose(ratio, rounded, **tolerances.FLOAT32)


def test_gradient_reaches_everything():
    layer, x = built()
    with tf.GradientTape() as tape:
        s, t = layer(x)
        total = tf.reduce_sum(s * s + t)
    gradients = tape.gradient(total, [v.value for v in layer.variables])
    for variable, gradient in zip(layer.variables, gradients):
        assert np.any(gradient), variable.path

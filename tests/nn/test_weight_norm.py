import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from tests import tolerances
from tests.bijectors.checks import normal
from tests.nn import joint_batch
from tfgen.nn import WeightNormConv2D, WeightNormDense, randomize

kinds = pytest.mark.parametrize("conv", [False, True], ids=["dense", "conv"])


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


def layer_of(conv, channels, outputs, **options):
    """A layer, and its inputs: one unit of them is always 0."""
    if conv:
        layer, shape = WeightNormConv2D(outputs, 3, **options), (6, 4, 4)
    else:
        layer, shape = WeightNormDense(outputs, **options), (6,)
    x = 3 + normal(*shape, channels).numpy()
    x[..., 0] = 0
    layer.build(x.shape)
    return layer, x


def by_hand(layer, x):
    """v . x of each output, and |v|."""
    v = layer.v.numpy()
    norm = np.sqrt(np.sum(v**2, axis=tuple(range(v.ndim - 1))))
    if v.ndim == 2:
        return x @ v, norm
    wide = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
    H, W = x.shape[1:3]
    taps = [
        wide[:, i : i + H, j : j + W] @ v[i, j]
        for i in range(3)
        for j in range(3)
    ]
    return sum(taps), norm


@kinds
def test_equation_2(conv, float64):
    layer, x = layer_of(conv, 3, 4)
    randomize(layer.variables, 1.0, seed=1)
    t, norm = by_hand(layer, x)
    expected = layer.g.numpy() * t / norm + layer.bias.numpy()
    np.testing.assert_allclose(layer(x), expected, **tolerances.EXACT)


def test_gradients_of_equation_3(float64):
    """Of dL/dw = x^T dL/dy; that of v is orthogonal to v."""
    layer, x = layer_of(False, 3, 4)
    randomize(layer.variables, 1.0, seed=1)
    weights = normal(6, 4, seed=2).numpy()
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(weights * layer(x))
    of_g, of_v = tape.gradient(loss, [layer.g.value, layer.v.value])
    of_w, v, (_, norm) = x.T @ weights, layer.v.numpy(), by_hand(layer, x)
    g, by_g = layer.g.numpy(), np.sum(of_w * v, axis=0) / norm
    np.testing.assert_allclose(of_g, by_g, **tolerances.EXACT)
    by_v = g / norm * of_w - g * by_g / norm**2 * v
    np.testing.assert_allclose(of_v, by_v, **tolerances.EXACT)
    np.testing.assert_allclose(np.sum(of_v * v, 0), 0, **tolerances.EXACT)


@kinds
@pytest.mark.parametrize("mean_only", [False, True])
def test_start(conv, mean_only, float64):
    """Each output of the first batch has mean 0 and variance 1."""
    layer, x = layer_of(conv, 3, 5, mean_only=mean_only)
    y = layer(x, start=True).numpy()
    axes = tuple(range(y.ndim - 1))
    np.testing.assert_allclose(y.mean(axes), 0, **tolerances.EXACT)
    np.testing.assert_allclose(y.std(axes), 1, **tolerances.EXACT)
    t, norm = by_hand(layer, x)
    np.testing.assert_allclose(layer.g, norm / t.std(axes), **tolerances.EXACT)


@kinds
@pytest.mark.parametrize("value", [0.0, 16.0, 0.1])
def test_start_of_constant_inputs(conv, value):
    """No deviation to divide by: g is 1, and nothing is infinite."""
    layer, x = layer_of(conv, 3, 5)
    x = np.full(x.shape[:1] + (1, 1, 3) if conv else x.shape, value, np.float32)
    y = layer(x, start=True)
    np.testing.assert_allclose(y, 0 * y, **tolerances.FLOAT32)
    np.testing.assert_array_equal(layer.g, np.ones(5))


def test_start_leaves_zeros():
    layer, x = layer_of(True, 3, 5, zero_init=True)
    assert not np.any(layer(x.astype(np.float32), start=True))


def test_scales_that_are_not_learned():
    layer, _ = layer_of(False, 3, 5, learn_scale=False)
    assert [v.name for v in layer.trainable_variables] == ["v", "bias"]


@kinds
def test_mean_only_norm(conv, float64):
    """Section 4: of the batch in training, then of a running average."""
    layer, x = layer_of(conv, 3, 4, mean_only=True, momentum=0.7)
    randomize(layer.variables, 1.0, seed=1)
    t, norm = by_hand(layer, x)
    t, b = layer.g.numpy() * t / norm, layer.bias.numpy()
    mean = t.mean(tuple(range(t.ndim - 1)))
    running = 0.7 * layer.mean.numpy() + 0.3 * mean
    np.testing.assert_allclose(
        layer(x, training=True), t - mean + b, **tolerances.EXACT
    )
    np.testing.assert_allclose(layer.mean, running, **tolerances.EXACT)
    np.testing.assert_allclose(layer(x), t - running + b, **tolerances.EXACT)


@kinds
def test_two_replicas_are_one(conv, two_replicas, float64):
    """Start, mean, and gradients are those of the whole batch."""
    one, x = layer_of(conv, 3, 4, mean_only=True)
    with two_replicas.scope():
        two, _ = layer_of(conv, 3, 4, mean_only=True)
    two.set_weights(one.get_weights())
    for layer in (one, two):
        layer.start(x[::-1] ** 2)
    weights = normal(*one(x).shape, seed=1).numpy()
    joint_batch.assert_same(two_replicas, one, two, x, weights)

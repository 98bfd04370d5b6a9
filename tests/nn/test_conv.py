"""Fast convolutions against TensorFlow's, with their gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.bijectors.checks import normal
from tfgen.nn import conv
from tfgen.nn.doubling import doubled
from tfgen.nn.exported import for_export
from tfgen.nn.pixel_blocks import of_blocks
from tfgen.nn.windows import added, convolved, taken, transposed
from tfgen.nn.winograd import winograd


def with_gradients(function, x, kernel):
    """What it returns, and gradients of x and of the kernel."""
    with tf.GradientTape() as tape:
        tape.watch([x, kernel])
        y = function(x, kernel)
        weights = tf.reshape(
            tf.cos(tf.range(tf.size(y), dtype=y.dtype)), y.shape
        )
        total = tf.reduce_sum(weights * y)
    return [y, *map(tf.convert_to_tensor, tape.gradient(total, [x, kernel]))]


def assert_same(function, reference, x, kernel):
    found = with_gradients(function, x, kernel)
    for a, b in zip(found, with_gradients(reference, x, kernel), strict=True):
        np.testing.assert_allclose(a, b, **tolerances.EXACT)


@pytest.mark.parametrize("side", [(2, 2), (4, 6), (5, 3)])
@pytest.mark.parametrize("k, stride", [(4, 2), (3, 2), (4, 1)])
@pytest.mark.parametrize("B", [2, 17])
def test_windows(float64, side, k, stride, B):
    """Of 2 x 2 pixels, 4 x 4 filters are used in the middle alone."""
    assert_same(
        lambda x, kernel: convolved(x, kernel, stride),
        lambda x, kernel: tf.nn.conv2d(x, kernel, stride, "SAME"),
        normal(B, *side, 3),
        normal(k, k, 3, 2),
    )


@pytest.mark.parametrize("side", [(1, 1), (2, 3)])
@pytest.mark.parametrize("k", [3, 4])
@pytest.mark.parametrize("B", [2, 17])
def test_transposed_windows(float64, side, k, B):
    doubled = (B, 2 * side[0], 2 * side[1], 2)
    assert_same(
        lambda x, kernel: transposed(x, kernel, 2),
        lambda x, kernel: tf.nn.conv2d_transpose(x, kernel, doubled, 2, "SAME"),
        normal(B, *side, 3),
        normal(k, k, 2, 3),
    )


@pytest.mark.parametrize("k", [(2, 2), (3, 3), (4, 4), (5, 5), (6, 3)])
def test_doubling_is_a_transposed_convolution(float64, k):
    B, H, W = 2, 3, 5
    assert_same(
        doubled,
        lambda x, kernel: tf.nn.conv2d_transpose(
            x, kernel, (B, 2 * H, 2 * W, 2), 2, "SAME"
        ),
        normal(B, H, W, 3),
        normal(*k, 2, 3),
    )


@pytest.mark.parametrize(
    "function, side, kernel",
    [(winograd, (6, 10), (3, 3, 3, 5)), (of_blocks, (12, 10), (7, 7, 3, 2))],
)
def test_without_padding(float64, function, side, kernel):
    assert_same(
        function,
        lambda x, kernel: tf.nn.conv2d(x, kernel, 1, "VALID"),
        normal(2, *side, 3),
        normal(*kernel),
    )


def test_rows_and_their_sums():
    """Row 3 of 3 rows is zeros; what goes there is left out."""
    places = np.array([[0, 3], [2, 0], [0, 3]], np.int32)
    x = tf.constant([[1.0], [2.0], [4.0]])
    rows = taken(x, places)
    np.testing.assert_array_equal(rows[..., 0], [[1, 0], [4, 1], [1, 0]])
    rows = tf.constant([[[1.0], [2.0]], [[4.0], [8.0]], [[16.0], [32.0]]])
    np.testing.assert_array_equal(added(rows, places, 3)[:, 0], [25, 0, 4])


@pytest.mark.parametrize("size, exported", [((3, 4, 2), 1), ((3, 4, 1), 0)])
def test_exports_double(monkeypatch, size, exported):
    """Of other strides they have Keras's layer, as all that is no export."""
    used = []
    monkeypatch.setattr(
        conv, "doubled", lambda *given: used.append(1) or doubled(*given)
    )
    layer = conv.Conv2DTranspose(*size, "same", activation="tanh")
    x = tf.random.stateless_normal((2, 5, 3, 2), (0, 1))
    plain = layer(x)
    assert not used
    with for_export():
        np.testing.assert_allclose(layer(x), plain, atol=1e-5)
    assert len(used) == exported


@pytest.mark.parametrize(
    "kind, size, layer, shape",
    [
        ("convolved", (512, 4, 2, "same"), "Conv2D", (1, 4, 4, 64)),
        ("transposed", (64, 4, 2, "same"), "Conv2DTranspose", (1, 2, 2, 512)),
        ("winograd", (128, 3), "Conv2D", (1, 18, 18, 128)),
        ("of_blocks", (3, 7), "Conv2D", (1, 20, 20, 8)),
    ],
)
def test_layers_take_the_fast_way_in_training(
    monkeypatch, kind, size, layer, shape
):
    used, way = [], getattr(conv, kind)
    monkeypatch.setattr(
        conv, kind, lambda *given: used.append(kind) or way(*given)
    )
    fast = getattr(conv, layer)(
        *size, activation="tanh", bias_initializer="ones"
    )
    x = tf.random.stateless_normal(shape, (0, 1))
    plain = fast(x)
    assert not used
    np.testing.assert_allclose(fast(x, training=True), plain, atol=1e-5)
    assert used == [kind]
    assert issubclass(type(fast), getattr(keras.layers, type(fast).__name__))
    # What has no known shape, and what is on an accelerator, has Keras's.
    monkeypatch.setattr(conv, "_products_pay", lambda x: False)
    fast(x, training=True)
    assert used == [kind]

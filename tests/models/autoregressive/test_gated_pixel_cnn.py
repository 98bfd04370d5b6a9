import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.bijectors import checks
from tests.models.test_pixels import build

pytestmark = pytest.mark.usefixtures("float64")


def layer_of(conv):
    """Kernel and bias as arrays."""
    return conv.v.numpy(), conv.bias.numpy()


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def test_a_layer_by_hand():
    """Figure 2 and eq. 2: two levels of images with one layer."""
    model = build("gated_pixel_cnn", (3, 3, 1), levels=2, layers=1)
    x = checks.normal(1, 3, 3, 1)
    network = model.network
    ((gates, link),), ((left, out),) = network.columns, network.layers
    # The two rows above, and a column on both sides.
    padded = np.pad(x[0].numpy(), [(2, 0), (1, 1), (0, 0)])
    (k_rows, b_rows), (k_link, b_link) = layer_of(gates), layer_of(link)
    (k_left, b_left), (k_out, b_out) = layer_of(left), layer_of(out)
    logits = np.zeros((3, 3))
    for r, c in np.ndindex(3, 3):
        rows = np.einsum("rci,rcio->o", padded[r : r + 2, c : c + 3], k_rows)
        h = (rows + b_rows) @ k_link[0, 0] + b_link
        h = h + padded[r + 2, c] @ k_left[0, 0] + b_left
        f, g = np.split(h, 2)
        h = (np.tanh(f) * sigmoid(g)) @ k_out[0, 0] + b_out
        for conv in (network.last, network.out):
            kernel, bias = layer_of(conv)
            h = np.maximum(h, 0) @ kernel[0, 0] + bias
        (logits[r, c],) = h
    np.testing.assert_allclose(
        network(x)[0, :, :, 0, 0], logits, **tolerances.EXACT
    )


def test_only_the_horizontal_stack_is_added_to():
    """With outputs of 0, layers of it leave it; the vertical one is gone."""
    model = build("gated_pixel_cnn", (3, 3, 1), layers=3)
    network, x = model.network, checks.normal(1, 3, 3, 1)
    for _, out in network.layers[1:]:
        out.v.assign(tf.zeros_like(out.v))
        out.bias.assign(tf.zeros_like(out.bias))
    expected = network(x).numpy()
    for gates, _ in network.columns[1:]:
        gates.v.assign(tf.zeros_like(gates.v))
    np.testing.assert_array_equal(network(x), expected)

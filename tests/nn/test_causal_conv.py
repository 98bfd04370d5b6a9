import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.bijectors import checks
from tfgen.nn import CausalConv, randomize

pytestmark = pytest.mark.usefixtures("float64")


def conv(mask, maps=3, **options):
    layer = CausalConv(maps, mask, above=1, left=1, right=1, **options)
    layer(tf.zeros((1, 2, 2, 3)))
    randomize(layer.variables)
    return layer


@pytest.mark.parametrize(
    "mask, own, right",
    [
        ("A", np.triu(np.ones((3, 3)), 1), 0),
        ("B", np.triu(np.ones((3, 3))), 0),
        ("V", np.ones((3, 3)), 1),
    ],
)
def test_what_a_mask_leaves(mask, own, right):
    """Of kernels [row, column, colour in, colour out]."""
    kernel = conv(mask, colours=3).kernel().numpy()
    assert np.all(kernel[0] != 0)
    assert np.all(kernel[1, 0] != 0)
    np.testing.assert_array_equal(kernel[1, 1] != 0, own)
    assert np.all((kernel[1, 2] != 0) == right)


def test_colours_take_turns_in_each_part():
    """f and g of a gate belong to the same colour."""
    kernel = conv("B", maps=4, colours=3, parts=2).kernel()[1, 1].numpy()
    np.testing.assert_array_equal(kernel[:, :2] != 0, kernel[:, 2:] != 0)


@pytest.mark.parametrize("mask", ["A", "B", "V"])
@pytest.mark.parametrize("width", [1, 4])
def test_steps_give_what_a_pass_gives(mask, width):
    layer, x = conv(mask), checks.normal(2, 3, width, 3)
    expected, weights = layer(x), layer.weights_of_a_step()
    past = layer.past(2, width)
    for r in range(3):
        row = x[:, r : r + 1]
        columns = [None] if mask == "V" else range(width)
        for c in columns:
            new = row if c is None else row[:, :, c : c + 1]
            y, past = layer.step(new, past, weights, c, width)
            place = slice(None) if c is None else slice(c, c + 1)
            np.testing.assert_allclose(
                y, expected[:, r : r + 1, place], **tolerances.EXACT
            )

import numpy as np
import pytest
import tensorflow as tf

from tests.bijectors.checks import normal
from tfgen.bijectors import Checkerboard, Halves
from tfgen.bijectors.splits import checkerboard


def test_mask_of_figure_3():
    """1 where the sum of the spatial coordinates is odd."""
    expected = [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
    mask = checkerboard(4, 4)
    assert mask.shape == (1, 4, 4, 1)
    np.testing.assert_array_equal(mask[0, :, :, 0], expected)
    np.testing.assert_array_equal(checkerboard(4, 4, swap=True), 1 - mask)


@pytest.mark.parametrize("swap", [False, True])
def test_checkerboard(swap):
    """Eq. 9: h reads b*x, and its output counts where b = 0."""
    split, x = Checkerboard(swap), normal(2, 3, 2, 2)
    b = checkerboard(3, 2, swap)
    x_a, x_b = split.split(x)
    np.testing.assert_array_equal(x_a, b * x)
    np.testing.assert_array_equal(x_b, x)
    assert split.changed(2) == 2
    h = normal(2, 3, 2, 4, seed=1)
    np.testing.assert_array_equal(split.mask(h), (1 - b) * h)
    np.testing.assert_array_equal(split.join(x_a, x_b), x)


@pytest.mark.parametrize(
    "D, swap, kept, changed",
    [
        (2, False, [0], [1]),
        (2, True, [1], [0]),
        (4, False, [0, 1], [2, 3]),
        (4, True, [2, 3], [0, 1]),
        (5, False, [0, 1, 2], [3, 4]),
        (5, True, [3, 4], [0, 1, 2]),
    ],
)
@pytest.mark.parametrize("shape", [(3,), (2, 2, 3)], ids=["vectors", "images"])
def test_halves(D, swap, kept, changed, shape):
    """Of the last axis; figure 3's channel-wise mask for images."""
    split, x = Halves(swap, len(shape)), normal(*shape, D).numpy()
    x_a, x_b = split.split(tf.constant(x))
    np.testing.assert_array_equal(x_a, x[..., kept])
    np.testing.assert_array_equal(x_b, x[..., changed])
    assert split.changed(D) == len(changed)
    np.testing.assert_array_equal(split.mask(x_b), x_b)
    np.testing.assert_array_equal(split.join(x_a, x_b), x)


def test_one_dimension_cannot_be_split():
    with pytest.raises(ValueError, match=r"halves: .* at least 2, got 1"):
        Halves().split(tf.ones((3, 1)))

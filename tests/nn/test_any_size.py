"""Pictures of other sides, seen with mirror images beyond their edges."""

import numpy as np
import pytest
import tensorflow as tf

from tfgen.nn import any_size
from tfgen.nn.any_size import Sides


@pytest.mark.parametrize("shape", [(3, 5), (4, 8), (1, 9), (2, 2)])
def test_a_network_sees_sides_that_it_takes(shape):
    """NumPy's "symmetric" is the mirror that repeats the edge."""
    x = np.random.default_rng(0).random((2, *shape, 3), np.float32)
    seen = []
    found = any_size.through(
        lambda x: seen.append(x) or 2 * x, x, Sides(4, least=8)
    )
    np.testing.assert_array_equal(found, 2 * x)
    wanted = [max(8, -(-side // 4) * 4) for side in shape]
    edges = [(0, new - old) for new, old in zip(wanted, shape)]
    expected = np.pad(x, [(0, 0), *edges, (0, 0)], "symmetric")
    np.testing.assert_array_equal(seen[0], expected)


@pytest.mark.parametrize("shape", [(8, 10), (4, 8), (8, 0)])
def test_other_sides_are_an_error_in_words(shape):
    sides = Sides(4, least=8)
    x = tf.zeros((1, 8, 12, 3))
    np.testing.assert_array_equal(any_size.check(x, sides, "x"), x)
    words = "x: expected sides that are multiples of 4, at least 8, got"
    with pytest.raises(tf.errors.InvalidArgumentError, match=words):
        any_size.check(tf.zeros((1, *shape, 3)), sides, "x")


def test_words():
    assert str(Sides(1, least=2)) == "at least 2"

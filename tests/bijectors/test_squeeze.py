import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from tests.bijectors import checks
from tfgen.bijectors import Squeeze


def test_figure_3():
    """4 x 4 x 1 turns into 2 x 2 x 4; each square gives its four channels."""
    x = tf.reshape(tf.range(1.0, 17.0), (1, 4, 4, 1))
    y, log_det = Squeeze().forward_and_log_det(x)
    expected = [
        [[1, 2, 5, 6], [3, 4, 7, 8]],
        [[9, 10, 13, 14], [11, 12, 15, 16]],
    ]
    np.testing.assert_array_equal(y[0], expected)
    np.testing.assert_array_equal(log_det, [0])


@given(
    rows=st.integers(1, 3),
    columns=st.integers(1, 3),
    channels=st.integers(1, 3),
    B=st.integers(1, 3),
)
def test_permutes(rows, columns, channels, B):
    """s x s x c is s/2 x s/2 x 4c; nothing is lost, so log det = 0."""
    x = checks.normal(B, 2 * rows, 2 * columns, channels)
    y, log_det = Squeeze().forward_and_log_det(x)
    assert y.shape == (B, rows, columns, 4 * channels)
    squares = x.numpy().reshape(B, rows, 2, columns, 2, channels)
    squares = squares.transpose(0, 1, 3, 2, 4, 5).reshape(y.shape)
    np.testing.assert_array_equal(y, squares)
    np.testing.assert_array_equal(log_det, np.zeros(B))
    np.testing.assert_array_equal(Squeeze().inverse_and_log_det(y)[0], x)


def test_odd_sides_are_an_error():
    with pytest.raises(tf.errors.InvalidArgumentError, match="divisible"):
        Squeeze().forward_and_log_det(tf.zeros((1, 3, 4, 1)))

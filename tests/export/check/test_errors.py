import io
import math

import numpy as np
import pytest
from PIL import Image

from export.check.errors import error_of

FLOATS = np.float32([[0.5, 100]])


@pytest.mark.parametrize(
    "actual, error",
    [
        ({"y": FLOATS}, 0),
        ({"y": FLOATS + np.float32([[0.25, 0]])}, 0.25),  # absolute below 1
        ({"y": FLOATS + np.float32([[0, 25]])}, 0.25),  # relative above 1
        ({"y": FLOATS[:, :1]}, math.inf),
        ({"y": FLOATS.astype(np.float64)}, math.inf),
        ({"x": FLOATS}, math.inf),
        ({"y": FLOATS, "x": FLOATS}, math.inf),
        ({"y": FLOATS * np.float32([[math.nan, 1]])}, math.nan),
        ({"y": FLOATS * np.float32([[math.inf, 1]])}, math.inf),
    ],
)
def test_error_of_floats(actual, error):
    np.testing.assert_equal(error_of(actual, {"y": FLOATS}), error)


def test_error_of_rows():
    """Relative to a hundredth of the largest of the row, not of others."""
    b = np.float32([[0, 400], [0, 100]])
    for row, error in enumerate((0.25, 1)):
        a = b.copy()
        a[row, 0] = 1
        assert error_of({"y": a}, {"y": b}) == error


def test_error_of_other_types():
    labels = {"label": np.int32([1, 2])}
    assert error_of({"label": np.int32([1, 2])}, labels) == 0
    assert error_of({"label": np.int32([1, 3])}, labels) == math.inf


def test_what_is_not_finite_in_keras_matches_nothing():
    infinite = {"y": np.float32([math.inf])}
    assert math.isnan(error_of(infinite, infinite))


def png(array):
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(array, np.uint8)[:, :, 0]).save(buffer, "PNG")
    return buffer.getvalue()


def test_pictures_may_be_rounded_to_the_next_shade():
    def error(a, b):
        return error_of(
            {"png_bytes": np.array([png(a)])}, {"png_bytes": np.array([png(b)])}
        )

    assert error([[[7], [8]]], [[[8], [8]]]) == 0
    assert error([[[6], [8]]], [[[8], [8]]]) == np.inf
    assert error([[[7]], [[8]]], [[[7], [8]]]) == np.inf

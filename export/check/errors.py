"""How far outputs are from those that are expected."""

import io
import math

import numpy as np
from PIL import Image

from export.calls import Arrays


def error_of(actual: Arrays, expected: Arrays) -> float:
    """Returns the largest `|a - b| / max(1, |b|, m / 100)` of all outputs.

    m is the largest |b| of a row: an element near zero of large ones, as in a
    picture of 256 levels, has the rounding of the sums that they are made of.
    The error is infinite if names, shapes or types differ, and NaN if a value
    is not finite. What are not floating-point numbers must be equal, but for
    pictures, whose pixels may be rounded to the next shade.
    """
    if not expected:  # of a call that is not compared
        numbers = (a for a in actual.values() if a.dtype.kind == "f")
        return 0.0 if all(np.isfinite(a).all() for a in numbers) else math.nan
    if set(actual) != set(expected):
        return math.inf
    errors = [
        (_of_pictures if n.endswith("_bytes") else _of_array)(
            actual[n], expected[n]
        )
        for n in expected
    ]
    return float(np.max(errors))


def _of_pictures(actual: np.ndarray, expected: np.ndarray) -> float:
    if actual.shape != expected.shape:
        return math.inf
    pairs = [(_pixels(a), _pixels(b)) for a, b in zip(actual, expected)]
    if any(a.shape != b.shape or np.max(abs(a - b)) > 1 for a, b in pairs):
        return math.inf
    return 0.0


def _of_array(actual: np.ndarray, expected: np.ndarray) -> float:
    # The type of strings holds the length of the longest.
    strings = actual.dtype.kind == expected.dtype.kind == "S"
    if actual.shape != expected.shape or not (
        strings or actual.dtype == expected.dtype
    ):
        return math.inf
    if not np.issubdtype(expected.dtype, np.floating):
        return 0.0 if np.array_equal(actual, expected) else math.inf
    b = expected.astype(np.float64)
    within_a_row = tuple(range(1, b.ndim))
    largest = np.max(np.abs(b), axis=within_a_row, keepdims=True, initial=0)
    with np.errstate(invalid="ignore"):
        scale = np.maximum(np.maximum(1, np.abs(b)), largest / 100)
        errors = np.abs(actual - b) / scale
    return np.max(errors, initial=0)


def _pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png))).astype(int)

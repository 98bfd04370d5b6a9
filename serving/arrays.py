"""Between arrays and the nested lists that JSON has."""

import base64
import binascii
import itertools
from typing import Any

import numpy as np
import tensorflow as tf

B64 = "b64"


def to_array(value: Any, tensor: tf.TensorSpec) -> np.ndarray:
    """Returns an array of a tensor's type; its shape is left to others.

    Whole numbers may stand for real ones, and for nothing else.

    Args:
      value: a scalar, nested lists or an array. Strings are str, bytes or
        `{"b64": "…"}`.
      tensor: says the type.

    Raises:
      ValueError: the value is something else, or beyond the type's range. The
        message goes on after the name of an input: "holds other values".
    """
    strings = tensor.dtype == tf.string
    try:
        array = np.array(value, dtype=object if strings else None)
    except ValueError as error:
        raise ValueError("is no array: its lists differ in length") from error
    if strings:
        return np.vectorize(_bytes, otypes=[object])(array)
    dtype = np.dtype(tensor.dtype.as_numpy_dtype)
    allowed = {"b": "b", "i": "iu", "u": "iu"}.get(dtype.kind, "iuf")
    if array.size and array.dtype.kind not in allowed:
        raise ValueError("holds other values")
    if dtype.kind != "b" and _has_bool(value, array.ndim):
        raise ValueError("holds true or false among numbers")
    if dtype.kind in "iu" and array.size:
        limits = np.iinfo(dtype)
        if array.min() < limits.min or array.max() > limits.max:
            raise ValueError("holds numbers beyond its range")
    try:
        with np.errstate(over="raise"):
            return array.astype(dtype)
    except FloatingPointError as error:
        raise ValueError("holds numbers beyond its range") from error


def _has_bool(value: Any, ndim: int) -> bool:
    """Whether lists nested so deep hold a bool: NumPy makes 0 and 1 of them.

    Nothing here is a loop of Python's: it takes a third of `np.array`'s time.
    """
    if isinstance(value, np.ndarray) or not ndim:
        return False  # its type tells
    for _ in range(ndim - 1):
        value = itertools.chain.from_iterable(value)
    return bool in map(type, value)


def _bytes(item: Any) -> bytes:
    if isinstance(item, bytes):
        return item
    if isinstance(item, str):
        try:
            return item.encode()
        except UnicodeEncodeError as error:
            raise ValueError("holds half a character") from error
    if isinstance(item, dict) and set(item) == {B64}:
        try:
            return base64.b64decode(item[B64], validate=True)
        except (TypeError, ValueError, binascii.Error) as error:
            raise ValueError("holds no base64") from error
    raise ValueError("holds other values than strings, or lists that differ")


def to_plain(array: np.ndarray, as_b64: bool) -> Any:
    """Returns strings as nested lists of what JSON can hold.

    Other arrays are returned as they are.

    Args:
      array: of any type.
      as_b64: whether a string becomes `{"b64": "…"}`, which holds any bytes, or
        text.
    """
    if array.dtype != object:
        return array

    def write(content: bytes) -> str | dict[str, str]:
        if as_b64:
            return {B64: base64.b64encode(content).decode()}
        return content.decode(errors="replace")

    return np.vectorize(write, otypes=[object])(array).tolist()

"""How large tensors are in memory, and work that would hold up the loop."""

import asyncio
import math
from collections.abc import Callable, Iterable
from typing import TypeVar

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2

_T = TypeVar("_T")
_LARGE = 1 << 16  # bytes that take about a millisecond to convert
_STRING = 24  # bytes that TensorFlow holds a string with, beside its characters


def bytes_of(arrays: Iterable[np.ndarray]) -> int:
    """Returns the bytes of arrays; of strings as TensorFlow holds them."""
    return sum(
        sum(_STRING + len(item) for item in array.flat)
        if array.dtype == object
        else array.nbytes
        for array in arrays
    )


def bytes_of_proto(proto: tensor_pb2.TensorProto) -> int:
    """Returns the bytes of the tensor that a proto stands for.

    A proto of a few bytes may stand for a huge tensor: its last value fills
    the rest of the shape.

    Raises:
      TypeError: its type is none of TensorFlow's.
      ValueError: a size is negative.
    """
    sizes = [dim.size for dim in proto.tensor_shape.dim]
    if min(sizes, default=0) < 0:
        raise ValueError(f"the shape is {sizes}")
    count, dtype = math.prod(sizes), tf.as_dtype(proto.dtype)
    if dtype != tf.string:
        return count * dtype.size
    given = [len(value) for value in proto.string_val]
    filled = max(count - len(given), 0) * given[-1] if given else 0
    return count * _STRING + sum(given) + filled


async def call(
    size: int, function: Callable[..., _T], *arguments: object
) -> _T:
    """Calls a function; in a thread if what it converts is large.

    Args:
      size: of what it converts, in bytes.
      function: gets the arguments.
      *arguments: its arguments.
    """
    if size > _LARGE:
        return await asyncio.to_thread(function, *arguments)
    return function(*arguments)

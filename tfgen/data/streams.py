"""Random numbers by position: row `i` of an endless table.

Philox (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3") turns
a key and a counter into a block of four numbers. Here the key is the table and
the counter is the row, so that any rows can be had at once and in any order,
and a run that resumes, or is cut into other pieces, sees the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

_PHILOX = 1  # the number TensorFlow's raw ops know the algorithm by
_BLOCK = 4  # numbers for one value of the counter


def uniform(
    key: int, first: int | tf.Tensor, count: int | tf.Tensor, shape: Sequence
) -> tf.Tensor:
    """Returns rows `first`, `first + 1`, … of a table of uniform numbers.

    Args:
      key: names the table (`keys.key`).
      first: the first row, at least 0.
      count: how many rows.
      shape: of one row, static.

    Returns:
      [count, *shape] float32 in [0, 1).
    """
    op = tf.raw_ops.StatelessRandomUniformV2
    return _rows(op, key, first, count, shape)


def normal(
    key: int, first: int | tf.Tensor, count: int | tf.Tensor, shape: Sequence
) -> tf.Tensor:
    """Returns rows of a table of standard normal numbers; see `uniform`."""
    op = tf.raw_ops.StatelessRandomNormalV2
    return _rows(op, key, first, count, shape)


# By the kind of a model's noise.
TABLES = {"normal": normal, "uniform": uniform}


def _rows(
    op: Callable[..., tf.Tensor],
    key: int,
    first: Any,
    count: Any,
    shape: Sequence[int],
) -> tf.Tensor:
    size = math.prod(shape)
    blocks = -(-size // _BLOCK)  # every row starts a new block
    counter = tf.cast(first, tf.int64) * blocks
    numbers = op(
        shape=tf.stack([tf.cast(count, tf.int32), blocks * _BLOCK]),
        key=tf.constant([key], tf.uint64),
        counter=tf.stack(
            [tf.cast(counter, tf.uint64), tf.constant(0, tf.uint64)]
        ),
        alg=tf.constant(_PHILOX),
    )
    if size < blocks * _BLOCK:
        numbers = numbers[:, :size]
    return tf.reshape(numbers, [-1, *shape])

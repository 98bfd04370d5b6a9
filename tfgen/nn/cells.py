"""Numbers with steps between them, and the noise that fills these.

A gray level k is the cell [k, k + 1), a value of a column of multiples of a
step the cell [value, value + step). Other numbers are no cells.
"""

import numpy as np
import tensorflow as tf

from tfgen.config import Field
from tfgen.nn.gray_levels import dequantize


def in_cells(x: tf.Tensor, field: Field, u: tf.Tensor) -> tf.Tensor:
    """Adds noise to values, see `dequantize`.

    Args:
      x: [B, *shape] float32.
      field: of gray levels, or of columns of a table, of which those of steps
        get `step * u`.
      u: the noise, uniform in [0, 1), same shape as `x`.
    """
    if field.levels:
        return dequantize(x, field.levels, u)
    return x + tf.constant(field.steps, x.dtype) * u


def whole(x: tf.Tensor, field: Field) -> tf.Tensor:
    """Returns the values without their noise: the lower ends of their cells.

    Args:
      x: [B, *shape] float32.
      field: see `in_cells`.
    """
    steps = np.float32(field.steps)
    k = tf.floor(x / np.where(steps, steps, np.float32(1)))
    return tf.where(steps > 0, k * steps, x)


def nearest(x: tf.Tensor, field: Field) -> tf.Tensor:
    """Returns the multiples that are nearest, of values without noise."""
    return whole(x + np.float32(field.steps) / 2, field)


def middle(x: tf.Tensor, field: Field) -> tf.Tensor:
    """Returns the middles of the cells of x, see `whole`."""
    return whole(x, field) + np.float32(field.steps) / 2

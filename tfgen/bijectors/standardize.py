"""Columns of a table to mean 0 and variance 1."""

import math
from collections.abc import Sequence

import tensorflow as tf

from tfgen.bijectors.base import Bijector
from tfgen.config import Column


class Standardize(Bijector):
    """`y = (x - m) / s;  log det = -sum log s`.

    m and s are the means and standard deviations of the training split. So x
    and its density are in the table's own units.
    """

    def __init__(self, columns: Sequence[Column]):
        """Args: `columns` of the numbers of x [B, D]."""
        self._mean = [column.mean for column in columns]
        self._stddev = [column.stddev for column in columns]
        self._log_slope = -math.fsum(map(math.log, self._stddev))
        super().__init__(1, "standardize")

    def _constants(self, x):
        both = self._mean, self._stddev
        return [tf.constant(values, x.dtype) for values in both]

    def _log_det(self, x):
        return tf.fill(tf.shape(x)[:1], tf.constant(self._log_slope, x.dtype))

    def forward_and_log_det(self, x, **kwargs):
        mean, stddev = self._constants(x)
        return (x - mean) / stddev, self._log_det(x)

    def inverse_and_log_det(self, y, **kwargs):
        mean, stddev = self._constants(y)
        return y * stddev + mean, -self._log_det(y)

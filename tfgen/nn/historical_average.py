"""Historical averaging (Salimans et al. 2016, arXiv:1606.03498, 3.3)."""

from collections.abc import Sequence

import keras
import tensorflow as tf


class HistoricalAverage(keras.layers.Layer):
    """What variables have been on average, at all steps from the first on.

    The averages are variables, so that a checkpoint holds them.
    """

    def __init__(self, variables: Sequence[keras.Variable], **kwargs):
        """Makes the averages.

        Args:
          variables: whose.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.averages = [
            self.add_weight(
                shape=v.shape,
                initializer="zeros",
                dtype=v.dtype,
                trainable=False,
                aggregation="only_first_replica",
                autocast=False,
                name=f"average_{i}",
            )
            for i, v in enumerate(variables)
        ]
        self.built = True

    def observe(self, variables: Sequence[keras.Variable], t: tf.Tensor):
        """Takes in what variables are now.

        Args:
          variables: the same, in order.
          t: how often this has been called, now included.
        """
        for average, v in zip(self.averages, variables):
            share = 1 / tf.cast(t, average.dtype)
            average.assign(average + share * (v.value - average))

    def distance(self, variables: Sequence[keras.Variable]) -> tf.Tensor:
        """Returns `|theta - (1/t) sum_i theta_i|^2`, a number."""
        return tf.add_n(
            [
                tf.reduce_sum(tf.math.squared_difference(v.value, average))
                for average, v in zip(self.averages, variables)
            ]
        )

"""Numbers that are learned, or said by a condition."""

import keras
import tensorflow as tf


class Parameters(keras.layers.Layer):
    """`a + A c`, of a condition c; without one, a."""

    def __init__(
        self, size: int, condition: int = 0, stddev: float = 1.0, **kwargs
    ):
        """Makes the layer.

        Args:
          size: P, how many numbers.
          condition: N of a condition [B, N]; 0 for none.
          stddev: of a at the start; A starts at zero.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        normal = keras.initializers.RandomNormal(stddev=stddev)
        options = {"autocast": False}
        self.offset = self.add_weight(
            shape=(size,), initializer=normal, name="offset", **options
        )
        if condition:
            self.kernel = self.add_weight(
                shape=(condition, size),
                initializer="zeros",
                name="kernel",
                **options,
            )
        self.built = True

    def call(self, condition=None):
        """Returns numbers [B, P], or [1, P] without a condition."""
        numbers = tf.convert_to_tensor(self.offset)[None]
        if condition is None:
            return numbers
        return numbers + tf.cast(condition, numbers.dtype) @ self.kernel

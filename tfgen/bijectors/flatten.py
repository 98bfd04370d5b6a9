"""Images to vectors."""

import math

import tensorflow as tf

from tfgen.bijectors.base import Bijector


class Flatten(Bijector):
    """Turns [H, W, C] into [H*W*C], row by row; log det = 0."""

    def __init__(self, shape: tuple[int, int, int], name: str = "flatten"):
        """Args: `shape` (H, W, C) of an image."""
        self._shape = tuple(shape)
        super().__init__(3, name, inverse_event_ndims=1)

    def forward_and_log_det(self, x, **kwargs):
        y = tf.reshape(x, [-1, math.prod(self._shape)])
        return y, tf.zeros_like(y[:, 0])

    def inverse_and_log_det(self, y, **kwargs):
        return tf.reshape(y, [-1, *self._shape]), tf.zeros_like(y[:, 0])

    def _forward_event_shape(self, shape):
        return tf.TensorShape([shape.num_elements()])

    def _inverse_event_shape(self, shape):
        return tf.TensorShape(self._shape)

"""The squeezing operation: space to channels."""

import tensorflow as tf

from tfgen.bijectors.base import Bijector


class Squeeze(Bijector):
    """Turns [s, s, c] into [s/2, s/2, 4c]; log det = 0.

    Each 2 x 2 x c square becomes a 1 x 1 x 4c one, rows first (section 3.6 and
    figure 3 of Dinh et al. 2017, arXiv:1605.08803). The first half of the
    channels is then the upper row of each square: a channel-wise mask that does
    not repeat the checkerboard's diagonal.
    """

    def __init__(self, name="squeeze"):
        super().__init__(3, name)

    def forward_and_log_det(self, x, **kwargs):
        return tf.nn.space_to_depth(x, 2), _zeros(x)

    def inverse_and_log_det(self, y, **kwargs):
        return tf.nn.depth_to_space(y, 2), _zeros(y)

    def _forward_event_shape(self, shape):
        height, width, channels = shape
        return tf.TensorShape([height // 2, width // 2, 4 * channels])

    def _inverse_event_shape(self, shape):
        height, width, channels = shape
        return tf.TensorShape([2 * height, 2 * width, channels // 4])


def _zeros(x):
    return tf.zeros_like(x[:, 0, 0, 0])

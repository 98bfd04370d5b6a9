"""A factor and an offset for each channel, which start from data."""

import keras
import tensorflow as tf

_EPSILON = 1e-6


class ActNormLayer(keras.layers.Layer):
    """`y = (x + b) * exp(s)`: activation normalization.

    Section 3.1 of Kingma & Dhariwal 2018 (arXiv:1807.03039). Of the first batch
    of a training, each channel of y has mean 0 and variance 1 (`start`); from
    then on s and b are learned like any other weight.
    """

    def __init__(self, shift: bool = True, **kwargs):
        """Makes the layer; without `shift` b is 0, and means are what they are.

        Args:
          shift: have a b.
          **kwargs: of `keras.layers.Layer`.
        """
        # In a flow x is float32, also under mixed precision.
        super().__init__(autocast=False, **kwargs)
        self.has_shift = shift

    def build(self, input_shape):
        def zeros(name):
            return self.add_weight(
                shape=(input_shape[-1],),
                initializer="zeros",
                autocast=False,
                name=name,
            )

        self.log_scale = zeros("log_scale")
        self.shift = zeros("shift") if self.has_shift else 0.0
        self.built = True

    def start(self, x: tf.Tensor) -> None:
        """Sets s and b.

        Args:
          x: [B, ..., C], outside of replicas.
        """
        x = tf.cast(x, self.log_scale.dtype)
        axes = list(range(x.shape.rank - 1))
        mean = tf.reduce_mean(x, axes)
        variance = tf.reduce_mean(tf.math.squared_difference(x, mean), axes)
        self.log_scale.assign(-tf.math.log(tf.sqrt(variance) + _EPSILON))
        if self.has_shift:
            self.shift.assign(-mean)

    def factors(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns exp(s) and b exp(s), [C] each."""
        scale = tf.exp(self.log_scale)
        return scale, self.shift * scale

    def call(self, x, start=False):
        if start:
            self.start(x)
        scale, offset = self.factors()
        return x * tf.cast(scale, x.dtype) + tf.cast(offset, x.dtype)

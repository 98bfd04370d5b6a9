"""The two outputs of a coupling's conditioner."""

import keras
import tensorflow as tf


class ScaleShift(keras.layers.Layer):
    """`s = scale * tanh(h_s)` with a learned scale, and `t = h_t`.

    Section 4.1 of Dinh et al. 2017 (arXiv:1605.08803): "we use a hyperbolic
    tangent function multiplied by a learned scale, whereas the translation
    function t has an affine output". `(h_s, h_t)` are the halves of the
    network's output. s and t are float32 under mixed precision, because their
    errors add up in the likelihood.
    """

    def __init__(self, network: keras.layers.Layer, channels: int, **kwargs):
        """Wraps a network.

        Args:
          network: `(x, condition, training) -> [..., 2 * channels]`.
          channels: C, the last axis of s and of t.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(autocast=False, **kwargs)
        self.network = network
        self.scale = self.add_weight(
            shape=(channels,),
            initializer="ones",
            autocast=False,
            name="scale",
        )

    def build(self, input_shape):
        self.built = True

    def call(self, x, condition=None, training=False):
        h = self.network(x, condition=condition, training=training)
        h_s, h_t = tf.split(tf.cast(h, self.variable_dtype), 2, axis=-1)
        return tf.convert_to_tensor(self.scale) * tf.tanh(h_s), h_t

"""A hyperbolic tangent with a learned scale."""

import keras
import tensorflow as tf


class ScaledTanh(keras.layers.Layer):
    """`y = scale * tanh(x)`, with a scale for each channel, 1 at first.

    Section 4.1 of Dinh et al. 2017 (arXiv:1605.08803): "we use a hyperbolic
    tangent function multiplied by a learned scale". Input and scale are
    float32 under mixed precision, because s adds up in the likelihood.
    """

    def __init__(self, **kwargs):
        """Makes the layer; `kwargs` are those of `keras.layers.Layer`."""
        super().__init__(autocast=False, **kwargs)

    def build(self, input_shape):
        self.scale = self.add_weight(
            shape=input_shape[-1:],
            initializer="ones",
            autocast=False,
            name="scale",
        )
        self.built = True

    def call(self, x):
        return tf.convert_to_tensor(self.scale) * tf.tanh(x)

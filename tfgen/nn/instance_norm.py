"""Instance normalization (Ulyanov et al. 2016, arXiv:1607.08022)."""

import keras
import tensorflow as tf


class InstanceNorm(keras.layers.Layer):
    """Maps of each example with mean 0 and variance 1, scaled and shifted.

    `y = scale * (x - m) / sqrt(v + epsilon) + shift`, m and v of the places of
    one map [H, W] (eq. 4). So a row gives the same numbers in any batch. Two
    means are twice as fast in TFLite as Keras's `GroupNormalization(-1)`.

    A map of one place would become `shift`, whatever it was: see
    `instance_norm`. In training the norm of a batch of one example is that of
    the batch, of which TensorFlow has one operator and one for the gradient.
    """

    def __init__(self, epsilon: float = 1e-5, **kwargs):
        """Makes the layer.

        Args:
          epsilon: added to variances.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def build(self, input_shape):
        maps = (input_shape[-1],)
        self.scale = self.add_weight(maps, "ones", name="scale")
        self.shift = self.add_weight(maps, "zeros", name="shift")

    def call(self, x, training=False):
        if training and x.shape[0] == 1 and x.dtype == tf.float32:
            return tf.compat.v1.nn.fused_batch_norm(
                x,
                tf.convert_to_tensor(self.scale),
                tf.convert_to_tensor(self.shift),
                epsilon=self.epsilon,
                is_training=True,
            )[0]
        # Moments of 8 bits would be too coarse.
        wide = tf.cast(x, self.variable_dtype)
        centred = wide - tf.reduce_mean(wide, axis=[1, 2], keepdims=True)
        variance = tf.reduce_mean(tf.square(centred), [1, 2], keepdims=True)
        normal = centred * tf.math.rsqrt(variance + self.epsilon)
        return tf.cast(normal, x.dtype) * self.scale + self.shift


def instance_norm(x: keras.KerasTensor) -> keras.KerasTensor:
    """Returns maps normalized, but maps of one place as they are.

    Args:
      x: [B, H, W, C].
    """
    return x if x.shape[1] * x.shape[2] == 1 else InstanceNorm()(x)

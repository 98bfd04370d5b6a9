"""Minibatch discrimination (Salimans et al. 2016, arXiv:1606.03498, 3.2)."""

import keras
import tensorflow as tf

from tfgen.replicas import gathered


class MinibatchDiscrimination(keras.layers.Layer):
    """Adds to each example how near the others of its batch are.

        M_i = f(x_i) T,   o(x_i)_b = sum_{j != i} exp(-|M_{i,b} - M_{j,b}|_1)

    The output is f(x_i) and o(x_i) side by side. The batch is that of all
    replicas.
    """

    def __init__(self, kernels: int, dimensions: int, **kwargs):
        """Makes the layer.

        Args:
          kernels: B, numbers that are added.
          dimensions: C, of the space in which each compares.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.kernels, self.dimensions = kernels, dimensions
        self.flatten = keras.layers.Flatten()

    def build(self, input_shape):
        (_, A) = self.flatten.compute_output_shape(input_shape)
        self.T = self.add_weight(
            shape=(A, self.kernels * self.dimensions),
            initializer="glorot_uniform",
            name="T",
        )
        self.built = True

    def call(self, f):
        f = self.flatten(f)
        M = tf.matmul(f, self.T)
        shape = (self.kernels, self.dimensions)
        own = tf.reshape(M, [-1, 1, *shape])
        others = tf.reshape(gathered(M), [1, -1, *shape])
        distance = tf.reduce_sum(tf.abs(own - others), axis=3)
        # An example's distance from itself is 0.
        o = tf.reduce_sum(tf.exp(-distance), axis=1) - 1
        return tf.concat([f, o], axis=1)

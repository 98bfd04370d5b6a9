"""Spectral normalization (Miyato et al. 2018, arXiv:1802.05957)."""

import keras
import tensorflow as tf


class SpectralNorm(keras.layers.Wrapper):
    """A linear layer of weight `W / sigma(W)`, its largest singular value.

    Algorithm 1: each call in training takes one step of the power iteration,
    from the vector u that the last one has left. It gets no gradient, sigma
    does (eq. 12); Keras's `SpectralNormalization` overwrites the weight, and
    does without. The matrix of a convolution has a column a filter.
    """

    def build(self, input_shape):
        super().build(input_shape)
        (self.kernel,) = (
            v for v in self.layer.trainable_variables if v.name == "kernel"
        )
        # W is the same on all replicas, and so is u.
        self.u = self.add_weight(
            shape=(self.kernel.shape[-1],),
            initializer="random_normal",
            trainable=False,
            aggregation="only_first_replica",
            autocast=False,
            name="u",
        )

    def sigma(self, training: bool = False) -> tf.Tensor:
        """Returns the largest singular value of W, as far as it is known.

        Args:
          training: take a step first.
        """
        W = tf.reshape(self.kernel.value, [-1, self.kernel.shape[-1]])
        constant = tf.stop_gradient(W)
        u = tf.math.l2_normalize(self.u)
        v = tf.math.l2_normalize(tf.linalg.matvec(constant, u))
        if training:
            u = tf.linalg.matvec(constant, v, transpose_a=True)
            u = tf.math.l2_normalize(u)
            self.u.assign(u)
        return tf.tensordot(v, tf.linalg.matvec(W, u), 1)

    def call(self, x, training=False):
        # (W / sigma) x + b.
        sigma = tf.maximum(self.sigma(training), 1e-12)
        return self.layer(x / tf.cast(sigma, x.dtype))

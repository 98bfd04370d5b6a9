"""Virtual batch normalization (Salimans et al. 2016, arXiv:1606.03498, 3.5).

A fixed reference batch goes in front of every batch: `WithReference`, layers
with `VirtualBatchNorm` among them, `WithoutReference`.
"""

import keras
import tensorflow as tf


class VirtualBatchNorm(keras.layers.Layer):
    """Normalizes each example by the reference batch and itself.

    Mean and mean square of an example of n + 1 are 1/(n + 1) its own, the rest
    those of the n examples of reference, which are normalized by their own
    alone. So no other example of the batch counts.
    """

    def __init__(self, n: int, epsilon: float = 1e-3, **kwargs):
        """Makes the layer.

        Args:
          n: examples of reference, the first of each batch.
          epsilon: added to the variance.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.n, self.epsilon = n, epsilon

    def build(self, input_shape):
        shape = {"shape": (input_shape[-1],), "autocast": False}
        self.gamma = self.add_weight(initializer="ones", name="gamma", **shape)
        self.beta = self.add_weight(initializer="zeros", name="beta", **shape)
        self.built = True

    def call(self, x):
        h = tf.cast(x, self.gamma.dtype)
        axes = list(range(1, h.shape.rank - 1))
        # Of each example, [n + B, 1, 1, C].
        moments = [tf.reduce_mean(m, axes, True) for m in (h, tf.square(h))]
        mean, square = map(self._with_reference, moments)
        variance = tf.nn.relu(square - tf.square(mean))
        scale = self.gamma * tf.math.rsqrt(variance + self.epsilon)
        return tf.cast((h - mean) * scale + self.beta, x.dtype)

    def _with_reference(self, own):
        """Moments of each example, with those of the reference batch."""
        n = self.n
        reference = tf.reduce_mean(own[:n], axis=0, keepdims=True)
        mixed = (n * reference + own[n:]) / (n + 1)
        return tf.concat([tf.repeat(reference, n, axis=0), mixed], axis=0)


class WithReference(keras.layers.Layer):
    """Puts the reference batch before a batch of vectors."""

    def __init__(self, n: int, initializer, **kwargs):
        """Makes the layer.

        Args:
          n: examples of reference.
          initializer: Keras's, of these.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.n, self.initializer = n, initializer

    def build(self, input_shape):
        self.reference = self.add_weight(
            shape=(self.n, *input_shape[1:]),
            initializer=self.initializer,
            trainable=False,
            aggregation="only_first_replica",
            name="reference",
        )
        self.built = True

    def call(self, z):
        return tf.concat([tf.cast(self.reference, z.dtype), z], axis=0)


class WithoutReference(keras.layers.Layer):
    """Takes away what `WithReference` has put there."""

    def __init__(self, n: int, **kwargs):
        """Makes the layer.

        Args:
          n: examples of reference.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.n = n

    def call(self, x):
        return x[self.n :]

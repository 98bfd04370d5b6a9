"""A square matrix whose determinant and inverse are cheap."""

import keras
import numpy as np
import scipy.linalg
import tensorflow as tf


class PLU(keras.layers.Layer):
    """`W = P L (U + diag(s))`, which starts as a random rotation.

    Eq. 10 of Kingma & Dhariwal 2018 (arXiv:1807.03039): the permutation P and
    the signs of s stay, so that W stays invertible; L has ones on its diagonal,
    U zeros.
    """

    def __init__(self, size: int, **kwargs):
        """Args: `size` C, and `kwargs` of `keras.layers.Layer`."""
        super().__init__(**kwargs)
        self.size = size
        shape = (size, size)
        rotation = keras.initializers.Orthogonal()(shape, dtype="float32")
        order, lower, upper = scipy.linalg.lu(
            np.asarray(rotation, np.float64), p_indices=True
        )
        s = np.diag(upper)

        def weight(name, value, trainable=True, dtype=None):
            return self.add_weight(
                shape=value.shape,
                initializer=lambda shape, dtype: tf.cast(value, dtype),
                trainable=trainable,
                dtype=dtype,
                autocast=False,
                name=name,
            )

        self.lower = weight("lower", lower)
        self.upper = weight("upper", upper)
        self.log_s = weight("log_s", np.log(abs(s)))
        self.signs = weight("signs", np.sign(s), False, "int32")
        self.order = weight("order", order, False, "int32")
        self.built = True

    def log_det(self) -> tf.Tensor:
        """Returns `log |det W|`."""
        return tf.reduce_sum(self.log_s)

    def _factors(self):
        lower = tf.linalg.band_part(self.lower, -1, 0)
        lower = tf.linalg.set_diag(lower, tf.ones_like(self.log_s))
        s = tf.cast(self.signs, self.log_s.dtype) * tf.exp(self.log_s)
        return lower, tf.linalg.set_diag(
            tf.linalg.band_part(self.upper, 0, -1), s
        )

    def matrix(self) -> tf.Tensor:
        """Returns W [C, C]."""
        lower, upper = self._factors()
        return tf.gather(lower @ upper, self.order)

    def inverse(self) -> tf.Tensor:
        """Returns W^-1 [C, C], a constant of an exported model."""
        lower, upper = self._factors()
        # Rows of the identity in the order of P: P^-1 as columns.
        identity = tf.eye(self.size, dtype=lower.dtype)
        back = tf.transpose(tf.gather(identity, self.order))
        half = tf.linalg.triangular_solve(lower, back)
        return tf.linalg.triangular_solve(upper, half, lower=False)

"""The last layer of a discriminator or critic."""

import math

import keras


class Logit(keras.layers.Layer):
    """One number for each example: [B, ...] -> [B], float32 or wider.

    Under mixed precision a logit of 8 bits would be too coarse to learn from.
    """

    def __init__(
        self,
        use_bias: bool = True,
        kernel_initializer="glorot_uniform",
        **kwargs,
    ):
        """Makes the layer.

        Args:
          use_bias: whether a constant is added.
          kernel_initializer: Keras's, of the weights.
          **kwargs: of `keras.layers.Layer`.
        """
        dtype = keras.config.dtype_policy().variable_dtype
        super().__init__(dtype=dtype, **kwargs)
        self.dense = keras.layers.Dense(
            1,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            dtype=dtype,
        )

    def build(self, input_shape):
        self.size = math.prod(input_shape[1:])
        self.dense.build((None, self.size))

    def call(self, x):
        return self.dense(keras.ops.reshape(x, (-1, self.size)))[:, 0]

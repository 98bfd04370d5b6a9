"""Doubly convolutional layers.

Shuangfei Zhai, Yu Cheng, Weining Lu, Zhongfei Zhang: Doubly Convolutional
Neural Networks. NIPS 2016. arXiv:1610.09716.
"""

import keras
import tensorflow as tf

from tfgen.errors import UserError


class DoublyConv2D(keras.layers.Layer):
    """A convolution whose kernels are cut out of larger meta kernels.

    A meta kernel of z x z has n^2 kernels of k x k, n = z - k + 1, which share
    its weights. The largest of s x s neighbours among them is taken: (n / s)^2
    maps a meta kernel. Stride 1, same padding.
    """

    def __init__(
        self, filters: int, kernel_size: int, meta: int, pool: int, **kwargs
    ):
        """Makes the layer.

        Args:
          filters: output maps; a multiple of (n / s)^2.
          kernel_size: k, in pixels.
          meta: z, in pixels, at least k.
          pool: s, a divisor of n.
          **kwargs: of `keras.layers.Layer`.

        Raises:
          UserError: sizes that do not divide.
        """
        super().__init__(**kwargs)
        self.k, self.meta, self.pool = kernel_size, meta, pool
        self.filters, n = filters, meta - kernel_size + 1
        self.side = n // pool  # of the maps of a meta kernel
        if n < 1 or n % pool or filters % self.side**2:
            raise UserError(
                f"meta={meta}: expected at least {kernel_size}, {pool} to"
                f" divide the {n} places of a kernel in it, and the square of"
                f" what is left to divide {filters} maps."
            )

    def build(self, input_shape):
        N = input_shape[-1]
        # As of the kernels that are cut out (He et al. 2015).
        stddev = (2 / (self.k**2 * N)) ** 0.5
        self.v = self.add_weight(
            shape=(self.meta, self.meta, N, self.filters // self.side**2),
            initializer=keras.initializers.RandomNormal(stddev=stddev),
            name="v",
        )
        self.bias = self.add_weight(
            shape=(self.filters,), initializer="zeros", name="bias"
        )
        self.built = True

    def kernels(self) -> tf.Tensor:
        """Returns [k, k, N, filters * s^2]; neighbours are in a row."""
        v, k, s = tf.convert_to_tensor(self.v), self.k, self.pool
        corners = [
            (s * i + a, s * j + b)
            for i in range(self.side)
            for j in range(self.side)
            for a in range(s)
            for b in range(s)
        ]
        cut = [v[i : i + k, j : j + k] for i, j in corners]
        return tf.reshape(tf.stack(cut, axis=-1), [k, k, v.shape[2], -1])

    def call(self, x):
        y = tf.nn.conv2d(x, tf.cast(self.kernels(), x.dtype), 1, "SAME")
        if self.pool > 1:
            groups = [-1, *y.shape[1:3], self.filters, self.pool**2]
            y = tf.reduce_max(tf.reshape(y, groups), axis=-1)
        return y + self.bias

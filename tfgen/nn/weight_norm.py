"""Weight-normalized layers."""

import keras
import tensorflow as tf


class WeightNormConv2D(keras.layers.Layer):
    """Convolution whose kernel is `g * v / |v|` for each output channel.

    Salimans & Kingma 2016 (arXiv:1602.07868). The scales g carry the L2 penalty
    of Dinh et al. 2017, section 4.1 ("weight scale parameters").
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        scale_l2: float = 0.0,
        zero_init: bool = False,
        **kwargs,
    ):
        """Makes the layer.

        Args:
          filters: number of output channels.
          kernel_size: side of the kernel, in pixels; stride 1, same padding.
          scale_l2: coefficient of the L2 penalty on g.
          zero_init: start from g = 0, so that the output starts at 0.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        self.zero_init = zero_init
        self.regularizer = keras.regularizers.L2(scale_l2) if scale_l2 else None

    def build(self, input_shape):
        side = self.kernel_size

        # An initializer, because Keras may build a layer where `assign` does
        # nothing (it traces what has no `build` of its own).
        def norm_of_v(shape, dtype):
            del shape, dtype
            return tf.norm(tf.reshape(self.v, [-1, self.filters]), axis=0)

        # The norm is float32 under mixed precision.
        self.v = self.add_weight(
            shape=(side, side, input_shape[-1], self.filters),
            initializer="he_normal",
            autocast=False,
            name="v",
        )
        self.g = self.add_weight(
            shape=(self.filters,),
            initializer="zeros" if self.zero_init else norm_of_v,
            regularizer=self.regularizer,
            autocast=False,
            name="g",
        )
        self.bias = self.add_weight(
            shape=(self.filters,), initializer="zeros", name="bias"
        )
        self.built = True

    def call(self, x):
        v = tf.convert_to_tensor(self.v)
        inverse_norm = tf.math.rsqrt(tf.reduce_sum(tf.square(v), [0, 1, 2]))
        kernel = v * (self.g * inverse_norm)
        return tf.nn.conv2d(x, tf.cast(kernel, x.dtype), 1, "SAME") + self.bias

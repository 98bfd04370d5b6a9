"""Weight-normalized layers.

Tim Salimans, Diederik Kingma: Weight Normalization: A Simple Reparameterization
to Accelerate Training of Deep Neural Networks. NIPS 2016. arXiv:1602.07868.
"""

import keras
import tensorflow as tf

from tfgen.nn.running_batch_norm import global_mean

# Less of a unit's size than this share is rounding, and no deviation.
_LEAST_SHARE = 1e-5


class _WeightNorm(keras.layers.Layer):
    """`y = (g / |v|) v . x + b`, v and g of each output (eq. 2)."""

    def __init__(
        self,
        outputs: int,
        scale_l2: float = 0.0,
        zero_init: bool = False,
        learn_scale: bool = True,
        mean_only: bool = False,
        momentum: float = 0.9,
        initializer: str | keras.initializers.Initializer = "he_normal",
        **kwargs,
    ):
        """Makes the layer.

        Args:
          outputs: of the last axis.
          scale_l2: coefficient of the L2 penalty on g.
          zero_init: start from g = 0, so that the output starts at 0.
          learn_scale: learn g as well.
          mean_only: subtract the mean of the batch on all replicas (section 4);
            without `training`, a running average of it.
          momentum: of that average.
          initializer: of v.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.filters = outputs
        self.zero_init = zero_init
        self.learn_scale = learn_scale
        self.mean_only = mean_only
        self.momentum = momentum
        self.initializer = initializer
        self.regularizer = keras.regularizers.L2(scale_l2) if scale_l2 else None

    def _build(self, shape):
        # An initializer, because Keras may build a layer where `assign` does
        # nothing (it traces what has no `build` of its own).
        def norm_of_v(shape, dtype):
            del shape, dtype
            return tf.norm(tf.reshape(self.v, [-1, self.filters]), axis=0)

        # The norm is float32 under mixed precision.
        self.v = self.add_weight(
            shape=(*shape, self.filters),
            initializer=self.initializer,
            autocast=False,
            name="v",
        )
        self.g = self.add_weight(
            shape=(self.filters,),
            initializer="zeros" if self.zero_init else norm_of_v,
            regularizer=self.regularizer,
            trainable=self.learn_scale,
            autocast=False,
            name="g",
        )
        self.bias = self.add_weight(
            shape=(self.filters,), initializer="zeros", name="bias"
        )
        if self.mean_only:
            self.mean = self.add_weight(
                shape=(self.filters,),
                initializer="zeros",
                trainable=False,
                # After the all-reduce each replica assigns the same value.
                aggregation="only_first_replica",
                autocast=False,
                name="mean",
            )
        self.built = True

    def start(self, x: tf.Tensor) -> None:
        """Sets g and b: mean 0 and variance 1 of each output of this batch.

        Of `t = v . x / |v|`, before any nonlinearity: `g = 1 / sigma[t]`,
        `b = -mu[t] / sigma[t]` (section 3). An output that is constant has no
        deviation; its g is 1. A layer that starts at zero stays there.

        Args:
          x: [B, ..., N], outside of replicas.
        """
        if self.zero_init:
            return
        t = self._of(tf.cast(x, self.v.dtype), tf.ones_like(self.g))
        axes = list(range(t.shape.rank - 1))
        mean = tf.reduce_mean(t, axes)
        variance = tf.reduce_mean(tf.math.squared_difference(t, mean), axes)
        varies = variance > _LEAST_SHARE**2 * (tf.square(mean) + variance)
        g = tf.math.rsqrt(tf.where(varies, variance, 1.0))
        self.g.assign(g)
        if self.mean_only:
            self.mean.assign(mean * g)
        else:
            self.bias.assign(tf.cast(-mean * g, self.bias.dtype))

    def call(self, x, training=False, start=False):
        if start:
            self.start(x)
        y = self._of(x, self.g)
        if self.mean_only:
            y -= tf.cast(self._mean(y, training), y.dtype)
        return y + self.bias

    def _mean(self, y, training):
        running = tf.convert_to_tensor(self.mean)
        if not training:
            return running
        mean = global_mean(tf.cast(y, running.dtype))
        rho = self.momentum
        self.mean.assign(rho * running + (1 - rho) * mean)
        return mean

    def _of(self, x, g):
        """Returns x times the kernel of scales g."""
        v = tf.convert_to_tensor(self.v)
        axes = list(range(v.shape.rank - 1))
        inverse_norm = tf.math.rsqrt(tf.reduce_sum(tf.square(v), axes))
        return self._product(x, tf.cast(v * (g * inverse_norm), x.dtype))


class WeightNormDense(_WeightNorm):
    """Dense layer whose weights are `g * v / |v|` for each output."""

    def build(self, input_shape):
        self._build(input_shape[-1:])

    def _product(self, x, kernel):
        return tf.matmul(x, kernel)


class WeightNormConv2D(_WeightNorm):
    """Convolution whose kernel is `g * v / |v|` for each output channel.

    Stride 1, same padding. The scales g carry the L2 penalty of Dinh et al.
    2017, section 4.1 ("weight scale parameters").
    """

    def __init__(self, filters: int, kernel_size: int, *args, **kwargs):
        """Makes the layer.

        Args:
          filters: number of output channels.
          kernel_size: side of the kernel, in pixels.
          *args: as of `WeightNormDense`, after its outputs.
          **kwargs: likewise.
        """
        super().__init__(filters, *args, **kwargs)
        self.kernel_size = kernel_size

    def build(self, input_shape):
        side = self.kernel_size
        self._build((side, side, input_shape[-1]))

    def _product(self, x, kernel):
        return tf.nn.conv2d(x, kernel, 1, "SAME")

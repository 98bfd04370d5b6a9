"""The convolutional network of Glow's couplings."""

import keras
import tensorflow as tf

from tfgen.nn.act_norm import ActNormLayer
from tfgen.nn.conv_same import conv_same
from tfgen.nn.dropout import Dropout

_SPEED = 3.0


class ZeroConv(keras.layers.Layer):
    """`y = (W * x + b) exp(3 s)`, a 3x3 convolution that starts at zero.

    Of the code of Kingma & Dhariwal 2018 (arXiv:1807.03039).
    """

    def __init__(self, outputs: int, **kwargs):
        """Args: `outputs`, channels; `kwargs` of `keras.layers.Layer`."""
        super().__init__(**kwargs)
        self.conv = keras.layers.Conv2D(
            outputs, 3, padding="same", kernel_initializer="zeros"
        )

    def build(self, input_shape):
        self.conv.build(input_shape)
        self.log_scale = self.add_weight(
            shape=(self.conv.filters,), initializer="zeros", name="log_scale"
        )
        self.built = True

    def call(self, x, condition=None, training=False, start=False):
        scale = tf.exp(_SPEED * self.log_scale)
        return conv_same(x, self.conv.kernel * scale) + self.conv.bias * scale


class ActNormConvNet(keras.layers.Layer):
    """`3x3 conv - ActNorm - ReLU - 1x1 conv - ActNorm - ReLU - ZeroConv`.

    Section 4 and code of Kingma & Dhariwal 2018 (arXiv:1807.03039). A condition
    [B, N] is added to the first convolution, the same at every pixel.
    """

    def __init__(
        self, features: int, outputs: int, dropout: float = 0.0, **kwargs
    ):
        """Makes the network.

        Args:
          features: hidden feature maps.
          outputs: output channels.
          dropout: share of the features dropped before the last layer.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)

        def conv(side):
            normal = keras.initializers.RandomNormal(stddev=0.05)
            return keras.layers.Conv2D(
                features,
                side,
                padding="same",
                use_bias=False,
                kernel_initializer=normal,
            )

        self.convs = [conv(3), conv(1)]
        self.norms = [ActNormLayer(), ActNormLayer()]
        self.condition_in = keras.layers.Dense(features, use_bias=False)
        self.dropout = Dropout(dropout) if dropout else None
        self.out = ZeroConv(outputs)
        self.features = features

    def build(self, input_shape):
        hidden = (*input_shape[:-1], self.features)
        self.convs[0].build(input_shape)
        for layer in (self.convs[1], *self.norms, self.out):
            layer.build(hidden)
        self.built = True

    def call(self, x, condition=None, training=False, start=False):
        for i, (conv, norm) in enumerate(zip(self.convs, self.norms)):
            bias = tf.zeros([], x.dtype)
            if condition is not None and i == 0:
                bias = self.condition_in(condition)[:, None, None, :]
            if start:
                norm.start(conv_same(x, conv.kernel) + bias)
            # ActNorm is a factor and an offset, which the convolution takes on.
            scale, offset = (tf.cast(t, x.dtype) for t in norm.factors())
            x = conv_same(x, conv.kernel * scale) + (bias * scale + offset)
            x = tf.nn.relu(x)
        if self.dropout:
            x = self.dropout(x, training=training)
        return self.out(x)

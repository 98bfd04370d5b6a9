"""Residual convolutional network with skip connections."""

from collections.abc import Callable

import keras
import tensorflow as tf

from tfgen.nn.weight_norm import WeightNormConv2D


class ResidualConvNet(keras.layers.Layer):
    """The network of s and t for images (Dinh et al. 2017, sections 3.7, 4.1).

    `3x3 conv - blocks x [h += conv(relu(norm(conv(relu(norm(h))))))]`, and a
    1x1 skip connection from the input of the first block and from the output of
    each block to `relu(norm(.)) - 1x1 conv`. All convolutions are weight
    normalized. The last one starts at zero.
    """

    def __init__(
        self,
        features: int,
        blocks: int,
        outputs: int,
        scale_l2: float = 0.0,
        norm: Callable[[], keras.layers.Layer] | None = None,
        dropout: float = 0.0,
        **kwargs,
    ):
        """Makes the network.

        Args:
          features: hidden feature maps.
          blocks: residual blocks.
          outputs: output channels.
          scale_l2: L2 penalty on the weight-normalization scales.
          norm: makes a normalization with scale and offset; None for a network
            without.
          dropout: share of the features dropped within each block.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.features = features
        self.normalized = norm is not None
        norm = norm or keras.layers.Identity

        def conv(filters, side, **options):
            return WeightNormConv2D(filters, side, scale_l2, **options)

        self.conv_in = conv(features, 3)
        self.condition_in = keras.layers.Dense(features, use_bias=False)
        self.skip_in = conv(features, 1)
        self.blocks = [
            [norm(), conv(features, 3), norm(), conv(features, 3)]
            for _ in range(blocks)
        ]
        self.dropouts = [
            keras.layers.Dropout(dropout)
            for _ in range(blocks if dropout else 0)
        ]
        self.skips = [conv(features, 1) for _ in range(blocks)]
        self.norm_out = norm()
        self.conv_out = conv(outputs, 1, zero_init=True)

    def build(self, input_shape):
        self.conv_in.build(input_shape)
        hidden = (*input_shape[:-1], self.features)
        layers = [self.skip_in, *self.skips, self.norm_out, self.conv_out]
        for layer in [*layers, *(layer for b in self.blocks for layer in b)]:
            layer.build(hidden)
        self.built = True

    def call(self, x, condition=None, training=False):
        def rectified(norm, h):
            if self.normalized:
                h = norm(h, training=training)
            return tf.nn.relu(h)

        h = self.conv_in(x)
        if condition is not None:
            h += self.condition_in(condition)[:, None, None, :]
        skips = self.skip_in(h)
        for i, (norm_1, conv_1, norm_2, conv_2) in enumerate(self.blocks):
            block = rectified(norm_2, conv_1(rectified(norm_1, h)))
            if self.dropouts:
                block = self.dropouts[i](block, training=training)
            h += conv_2(block)
            skips += self.skips[i](h)
        return self.conv_out(rectified(self.norm_out, skips))

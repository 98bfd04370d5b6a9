"""Networks from examples to codes and back, with or without convolutions."""

import math
from collections.abc import Sequence

import keras
import tensorflow as tf

from tfgen.nn.conv import Conv2DTranspose
from tfgen.nn.mlp import MLP
from tfgen.nn.strided_conv import base_size


class Encoder(keras.layers.Layer):
    """Convolutions of stride 2, if any, and a perceptron: x -> [B, outputs].

    The perceptron sees a condition [B, N], too.
    """

    def __init__(
        self,
        shape: Sequence[int],
        outputs: int,
        hidden: Sequence[int],
        maps: Sequence[int] = (),
        kernel: int = 4,
        activation: str = "relu",
        **kwargs,
    ):
        """Makes the network.

        Args:
          shape: of x, (H, W, C) or (D,).
          outputs: width of the last layer.
          hidden: units of the layers between.
          maps: of the convolutions; each halves the image.
          kernel: width of their filters.
          activation: of all layers but the last.
          **kwargs: of `keras.layers.Layer`.

        Raises:
          UserError: convolutions of examples that cannot be halved so often.
        """
        super().__init__(**kwargs)
        if maps:
            base_size(shape, len(maps), "maps")
        self.convolutions = [
            _conv(keras.layers.Conv2D, n, kernel, activation) for n in maps
        ]
        self.perceptron = MLP(hidden, outputs, activation)

    def call(self, x, condition=None):
        for layer in self.convolutions:
            x = layer(x)
        flat = tf.reshape(x, [-1, math.prod(x.shape[1:])])
        return self.perceptron(flat, condition)


class Decoder(keras.layers.Layer):
    """The mirror of an `Encoder`: z [B, Z] -> P numbers for each of x.

    The first layer sees a condition [B, N], too. The result is [B, D * P], of
    which those of the same number of x stand together.
    """

    def __init__(
        self,
        shape: Sequence[int],
        parameters: int,
        hidden: Sequence[int],
        maps: Sequence[int] = (),
        kernel: int = 4,
        activation: str = "relu",
        **kwargs,
    ):
        """Makes the network.

        Args:
          shape: of x.
          parameters: P.
          hidden: of the encoder, and likewise.
          maps: likewise.
          kernel: likewise.
          activation: likewise.
          **kwargs: of `keras.layers.Layer`.

        Raises:
          UserError: see `Encoder`.
        """
        super().__init__(**kwargs)
        widths, outputs = list(reversed(hidden)), math.prod(shape) * parameters
        self.outputs, self.convolutions, self.small = outputs, [], None
        self.activation = keras.activations.get(activation)
        if maps:
            self.small = (*base_size(shape, len(maps), "maps"), maps[-1])
            self.convolutions = [
                _conv(Conv2DTranspose, n, kernel, activation)
                for n in reversed(maps[:-1])
            ]
            last = shape[-1] * parameters
            self.convolutions.append(Conv2DTranspose(last, kernel, 2, "same"))
            outputs = math.prod(self.small)
        self.perceptron = MLP(widths, outputs, activation)

    def call(self, z, condition=None):
        h = self.perceptron(z, condition)
        if self.convolutions:
            h = tf.reshape(self.activation(h), [-1, *self.small])
        for layer in self.convolutions:
            h = layer(h)
        return tf.reshape(h, [-1, self.outputs])


def _conv(kind, maps, kernel, activation):
    return kind(
        maps,
        kernel,
        2,
        "same",
        activation=activation,
        kernel_initializer="he_normal",
    )

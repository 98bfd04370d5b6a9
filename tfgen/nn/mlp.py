"""Multi-layer perceptron."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from tfgen.nn.narrow_dense import NarrowDense

_NARROW = 8  # outputs


class MLP(keras.layers.Layer):
    """Dense layers with one activation between them and none at the end.

    A condition [B, N] is appended to the input.
    """

    def __init__(
        self,
        hidden: Sequence[int],
        outputs: int,
        activation: str = "relu",
        zero_init: bool = False,
        dropout: float = 0.0,
        **kwargs,
    ):
        """Makes the network.

        Args:
          hidden: widths of the hidden layers.
          outputs: width of the last layer.
          activation: of the hidden layers.
          zero_init: start the last layer at zero.
          dropout: share of hidden units that training drops.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.hidden = [
            keras.layers.Dense(n, activation, kernel_initializer="he_normal")
            for n in hidden
        ]
        self.dropouts = [
            keras.layers.Dropout(dropout)
            for _ in range(len(hidden) if dropout else 0)
        ]
        dense = NarrowDense if outputs <= _NARROW else keras.layers.Dense
        self.out = dense(
            outputs,
            kernel_initializer="zeros" if zero_init else "glorot_uniform",
        )

    def call(self, x, condition=None, training=False):
        h = x if condition is None else tf.concat([x, condition], axis=-1)
        for i, dense in enumerate(self.hidden):
            h = dense(h)
            if self.dropouts:
                h = self.dropouts[i](h, training=training)
        return self.out(h)

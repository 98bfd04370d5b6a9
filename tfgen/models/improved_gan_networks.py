"""Networks of an Improved GAN for vectors, and of a vote of several.

Salimans et al. 2016, arXiv:1606.03498; openai/improved-gan.
"""

from collections.abc import Sequence

import keras
import tensorflow as tf

from tfgen.nn import FusedBatchNorm, WeightNormDense
from tfgen.nn.levels import softplus

# B batch, N data, K classes, H features, Z latent dimensions.


class NoisyClassifier(keras.layers.Layer):
    """Dense layers: rows [B, N] to logits [B, K] and features f [B, H].

        h = x + n_0;  f = relu(layer(h));  h = f + n_1;  ...

    Weights are normalized, and their scales are learned in the last layer
    alone. f is the last hidden layer, without its noise.
    """

    def __init__(
        self,
        hidden: Sequence[int],
        classes: int,
        deviations: Sequence[float],
        **kwargs,
    ):
        """Makes the network.

        Args:
          hidden: units of the hidden layers.
          classes: K.
          deviations: of the noise at the input, and after each hidden layer.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        normal = keras.initializers.RandomNormal(stddev=0.1)
        self.deviations = deviations
        self.hidden = [
            WeightNormDense(n, learn_scale=False, initializer=normal)
            for n in hidden
        ]
        # Float32, also under mixed precision.
        self.out = WeightNormDense(
            classes, initializer=normal, dtype=self.dtype
        )

    def build(self, input_shape):
        """Makes the weights, for rows [B, N]."""
        self.widths = [input_shape[-1], *(d.filters for d in self.hidden)]
        for n, layer in zip(self.widths, [*self.hidden, self.out]):
            layer.build((None, n))
        self.built = True

    def call(self, x, noise=None, start=False):
        """Returns logits and features.

        Args:
          x: [B, N].
          noise: standard normal numbers [B, sum(widths)]; None is none.
          start: start the scales from these rows.
        """
        n = [0.0] * len(self.widths)
        if noise is not None:
            parts = tf.split(tf.cast(noise, x.dtype), self.widths, axis=1)
            n = [s * part for s, part in zip(self.deviations, parts)]
        h = x + n[0]
        for layer, n_l in zip(self.hidden, n[1:]):
            f = tf.nn.relu(layer(h, start=start))
            h = f + n_l
        return self.out(h, start=start), tf.cast(f, self.dtype)


def generator(
    Z: int, widths: Sequence[int], N: int, output: str | None
) -> keras.Sequential:
    """Returns a network from [B, Z] to rows [B, N].

    Args:
      Z: latent dimensions.
      widths: units of the hidden layers.
      N: numbers of a row.
      output: activation of the last layer.
    """
    layers = keras.layers
    stack = [layers.Input((Z,))]
    for n in widths:
        stack += [
            layers.Dense(n, use_bias=False),
            FusedBatchNorm(scale=False),
            layers.Activation(softplus),
        ]
    return keras.Sequential(
        [*stack, WeightNormDense(N), layers.Activation(output)]
    )


def voted(logits: Sequence[tf.Tensor]) -> tf.Tensor:
    """Returns logits of the mean of several networks' probabilities.

    Args:
      logits: of each network, [B, K]; of a single one they stay.
    """
    first, *others = logits
    if not others:
        return first
    log_p = tf.nn.log_softmax(tf.stack([first, *others]))
    # The logarithm of their sum; devices lack `reduce_logsumexp`.
    most = tf.reduce_max(log_p, axis=0)
    return most + tf.math.log(tf.reduce_sum(tf.exp(log_p - most), axis=0))

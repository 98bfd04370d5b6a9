"""Networks to codes of several levels and back.

Shengjia Zhao, Jiaming Song, Stefano Ermon: Learning Hierarchical Features from
Generative Models. ICML 2017. arXiv:1702.08396.

B is the batch, L the latents, Z_l the numbers of one, Z those of all, D the
numbers of an example, P the parameters of one of them.
"""

from collections.abc import Sequence

import keras
import tensorflow as tf

from tfgen.nn.coders import Decoder, Encoder
from tfgen.nn.mlp import MLP


class LadderEncoder(keras.layers.Layer):
    """`h_l = g_l(h_{l-1})`, `h_0 = x`, and what each says of its latent.

    The result is [B, 2 * Z]: the means of all latents, z_1 first, and then the
    logarithms of their deviations. h_1 sees a condition [B, N], too.
    """

    def __init__(
        self,
        shape: Sequence[int],
        latent: Sequence[int],
        hidden: Sequence[int],
        activation: str,
        maps: Sequence[int],
        kernel: int,
        **kwargs,
    ):
        """Makes the network.

        Args:
          shape: of x.
          latent: Z_1, …, Z_L.
          hidden: units of h_1, …, h_L.
          activation: of them.
          maps: see `Encoder`.
          kernel: likewise.
          **kwargs: of `keras.layers.Layer`.

        Raises:
          UserError: see `Encoder`.
        """
        super().__init__(**kwargs)
        first, *others = hidden
        self.activation = keras.activations.get(activation)
        self.first = Encoder(shape, first, (), maps, kernel, activation)
        self.others = [keras.layers.Dense(n, activation) for n in others]
        self.heads = [MLP((), 2 * Z) for Z in latent]

    def call(self, x, condition=None):
        h = [self.activation(self.first(x, condition))]
        for g in self.others:
            h.append(g(h[-1]))
        parts = [tf.split(q(h_l), 2, axis=1) for q, h_l in zip(self.heads, h)]
        means, log_stddevs = zip(*parts)
        return tf.concat([*means, *log_stddevs], axis=1)


class LadderDecoder(keras.layers.Layer):
    """`y_l = u_l([y_{l+1}, z_l])`, from y_L to y_1, and of that x.

    z is [B, Z], z_1 first; y_L sees a condition [B, N], too. The result is
    that of `Decoder`.
    """

    def __init__(
        self,
        shape: Sequence[int],
        parameters: int,
        latent: Sequence[int],
        hidden: Sequence[int],
        activation: str,
        maps: Sequence[int],
        kernel: int,
        **kwargs,
    ):
        """Makes the network.

        Args:
          shape: of x.
          parameters: P.
          latent: Z_1, …, Z_L.
          hidden: units of y_1, …, y_L.
          activation: of them.
          maps: see `Decoder`.
          kernel: likewise.
          **kwargs: of `keras.layers.Layer`.

        Raises:
          UserError: see `Decoder`.
        """
        super().__init__(**kwargs)
        self.latent = list(latent)
        self.u = [keras.layers.Dense(n, activation) for n in hidden]
        self.last = Decoder(shape, parameters, (), maps, kernel, activation)

    def call(self, z, condition=None):
        latents = tf.split(z, self.latent, axis=1)
        y = [] if condition is None else [condition]
        for u, z_l in zip(self.u[::-1], latents[::-1]):
            y = [u(tf.concat([*y, z_l], axis=1))]
        return self.last(*y)

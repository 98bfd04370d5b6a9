"""The network of a ladder: an encoder and a decoder joined at every layer.

Rasmus et al. 2015, arXiv:1507.02672, algorithm 1.
"""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from tfgen.nn.running_batch_norm import RunningBatchNorm

# mu and v of equation 2: the sigmoids' factors start at 1, all others at 0.
_COMBINATOR = np.array([0, 1, 0, 0, 0] * 2)


class Ladder(keras.layers.Layer):
    """Layers of D, hidden and C units; corrupted by noise where it is given.

        z(l) = N_B(W(l) h(l-1)) + n(l);  h(l) = max(0, z(l) + beta(l))
        u(L) = N_B(softmax(h(L)));       u(l) = N_B(V(l+1) z_hat(l+1))
        z_hat(l) = g(z(l), u(l))

    and h(0) = z(0) = x + n(0). Normalization N_B has the offset beta alone
    (Zhao et al. 2017, arXiv:1609.03126, appendix D), and the statistics of the
    batch on all replicas; without `training`, running averages of them.
    """

    def __init__(
        self,
        inputs: int,
        hidden: Sequence[int],
        classes: int,
        momentum: float = 0.99,
        **kwargs,
    ):
        """Makes the variables.

        Args:
          inputs: D.
          hidden: units of the layers between.
          classes: C.
          momentum: of the running averages.
          **kwargs: of `keras.layers.Layer`.
        """
        # Energies of 8 bits would be too coarse to learn from.
        dtype = keras.config.dtype_policy().variable_dtype
        super().__init__(dtype=dtype, **kwargs)
        self.widths = (inputs, *hidden, classes)

        def weight(name, shape, initializer="zeros"):
            return self.add_weight(
                name=name,
                shape=shape,
                initializer=initializer,
                autocast=False,
            )

        def matrix(name, n, m):
            normal = keras.initializers.RandomNormal(stddev=n**-0.5)
            return weight(name, (n, m), normal)

        def combinator(shape, dtype):
            return tf.constant(np.tile(_COMBINATOR[:, None], shape[1]), dtype)

        def norm(width):
            layer = RunningBatchNorm(momentum, lag=False, dtype=dtype)
            layer.build((None, width))
            return layer

        self.W, self.V, self.beta = [], [], []
        for i, (n, m) in enumerate(zip(self.widths, self.widths[1:]), start=1):
            self.W.append(matrix(f"W{i}", n, m))
            self.beta.append(weight(f"beta{i}", (m,)))
            self.V.append(matrix(f"V{i}", m, n))
        self.a = [
            weight(f"a{i}", (10, n), combinator)
            for i, n in enumerate(self.widths)
        ]
        self.encoder_norms = [norm(n) for n in self.widths[1:]]
        self.decoder_norms = [norm(n) for n in self.widths]
        self.built = True

    @property
    def noise_size(self) -> int:
        """How many numbers corrupt one example."""
        return sum(self.widths)

    def encode(
        self,
        x: tf.Tensor,
        noise: tf.Tensor | None = None,
        training: bool = False,
        observe: bool = False,
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Returns logits [B, C] and z(0) to z(L).

        Args:
          x: [B, D].
          noise: [B, `noise_size`], n(0) to n(L) in a row; None is none.
          training: normalize by the batch's statistics.
          observe: move the running averages by them.
        """
        if noise is None:
            n = [0.0 for _ in self.widths]
        else:
            n = tf.split(noise, self.widths, axis=1)
        h = x + n[0]
        z = [h]
        for i, W in enumerate(self.W):
            norm = self.encoder_norms[i]
            normal = norm(tf.matmul(h, W), training=training, observe=observe)
            z.append(normal + n[i + 1])
            h = z[-1] + self.beta[i]
            if i + 1 < len(self.W):
                h = tf.nn.relu(h)
        return h, z

    def decode(
        self,
        logits: tf.Tensor,
        z: Sequence[tf.Tensor],
        training: bool = False,
        observe: bool = False,
    ) -> tf.Tensor:
        """Returns z_hat(0), the denoised x [B, D]; see `encode`."""
        u = tf.nn.softmax(logits)
        for i in reversed(range(len(self.widths))):
            norm = self.decoder_norms[i]
            u = norm(u, training=training, observe=observe)
            z_hat = combine(z[i], u, self.a[i])
            if i:
                u = tf.matmul(z_hat, self.V[i - 1])
        return z_hat

    def energy(
        self,
        x: tf.Tensor,
        noise: tf.Tensor | None = None,
        training: bool = False,
        observe: bool = False,
    ) -> tf.Tensor:
        """Returns `|x - z_hat(0)|^2`, [B]: the cost of the bottom layer."""
        x_again = self.decode(
            *self.encode(x, noise, training), training, observe
        )
        return tf.reduce_sum(tf.square(x - x_again), axis=1)


def combine(z: tf.Tensor, u: tf.Tensor, a: tf.Tensor) -> tf.Tensor:
    """Returns g(z, u) = (z - mu(u)) v(u) + mu(u), [B, N].

    mu(u) = a1 sigmoid(a2 u + a3) + a4 u + a5, and v(u) likewise of a6 to a10
    (equation 2): linear in z, as is the best estimate under normal noise.

    Args:
      z: [B, N], from the encoder.
      u: [B, N], from above.
      a: [10, N].
    """
    a = tf.unstack(tf.convert_to_tensor(a))
    mu = a[0] * tf.sigmoid(a[1] * u + a[2]) + a[3] * u + a[4]
    v = a[5] * tf.sigmoid(a[6] * u + a[7]) + a[8] * u + a[9]
    return (z - mu) * v + mu

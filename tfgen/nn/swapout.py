"""Swapout: units drop a block, skip it, or both.

Saurabh Singh, Derek Hoiem, David Forsyth: Swapout: Learning an Ensemble of Deep
Architectures. NIPS 2016. arXiv:1605.06465.
"""

import keras
import tensorflow as tf


class Swapout(keras.layers.Layer):
    """`y = Theta_1 * x + Theta_2 * F(x)`, Bernoulli, for each unit its own.

    A unit is 0, x, F(x) or their sum. Theta_1 = Theta_2 = 1 is a residual
    block, Theta_1 = 1 with random Theta_2 dropout on it, and so on.
    """

    def __init__(self, theta_1: float, theta_2: float, **kwargs):
        """Makes the layer.

        Args:
          theta_1: probability that x is kept.
          theta_2: probability that F(x) is.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.thetas = theta_1, theta_2

    def call(self, x, block, uniforms=None):
        """Returns y.

        Args:
          x: [B, ...].
          block: F(x), likewise.
          uniforms: numbers in [0, 1) [B, 2N] for N units; None: what is
            expected of y, `theta_1 x + theta_2 F(x)`. That of what follows is
            another: mean outputs are had by many draws (section 3.2 there).
        """
        thetas = self.thetas
        if uniforms is not None:
            shape = [-1, *x.shape[1:]]
            thetas = [
                tf.cast(tf.reshape(u, shape) < theta, x.dtype)
                for u, theta in zip(tf.split(uniforms, 2, axis=1), thetas)
            ]
        return thetas[0] * x + thetas[1] * block

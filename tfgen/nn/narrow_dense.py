"""A dense layer with few outputs, whose gradient is cheap on CPUs."""

import keras
import tensorflow as tf


class NarrowDense(keras.layers.Dense):
    """`keras.layers.Dense` for a few outputs; same values and gradients.

    The conditioner of a coupling on the plane ends in [B, 128] x [128, 2].
    Under XLA on a CPU the gradient of its input, [B, 2] x [2, 128], takes 47
    microseconds as a general matrix product; as a sum of outer products it is
    fused with the rectifier's mask and costs next to nothing. With 8 couplings
    that is 0.4 of the 3.4 ms of processor time of a step.
    """

    def call(self, x):
        y = _narrow_matmul(x, tf.convert_to_tensor(self.kernel))
        return self.activation(y + self.bias)


@tf.custom_gradient
def _narrow_matmul(x, w):
    """Returns x [B, N] @ w [N, M]."""

    def gradient(dy):
        columns = range(w.shape[1])
        dx = tf.add_n([dy[:, i : i + 1] * w[:, i] for i in columns])
        dw = tf.matmul(x, dy, transpose_a=True)
        return dx, dw

    return tf.matmul(x, w), gradient

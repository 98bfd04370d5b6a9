"""Convolutions with padding "same" as one product of matrices each.

XLA on a CPU has no fast convolutions, but fast products, and what it fuses
around them saves more time than TensorFlow's convolutions do.
"""

import tensorflow as tf

from tfgen.nn.exported import exporting


def conv_same(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Returns the convolution of stride 1, [B, H, W, D].

    Args:
      x: [B, H, W, C].
      kernel: [k, k, C, D], k odd.
    """
    k, _, C, D = kernel.shape
    if exporting() or tf.config.list_logical_devices("GPU"):
        return tf.nn.conv2d(x, kernel, 1, "SAME")
    if C <= D:  # the windows of each pixel side by side
        rows = tf.concat(_shifted(x, k), axis=-1)
        return _product(rows, tf.reshape(kernel, [k * k * C, D]))
    # What each pixel adds to those around it side by side.
    kernel = tf.transpose(kernel, [2, 0, 1, 3])
    rows = _product(x, tf.reshape(kernel, [C, k * k * D]))
    return tf.add_n(
        [
            part[..., i * D : (i + 1) * D]
            for i, part in enumerate(_shifted(rows, k))
        ]
    )


def _shifted(x, k):
    """Views [B, H, W, C] of x, of the k k places of a window."""
    H, W = x.shape[1:3]
    edge = k // 2
    x = tf.pad(x, [[0, 0], [edge, edge], [edge, edge], [0, 0]]) if edge else x
    return [x[:, i : i + H, j : j + W] for i in range(k) for j in range(k)]


def _product(x, matrix):
    y = tf.matmul(tf.reshape(x, [-1, x.shape[-1]]), matrix)
    return tf.reshape(y, [-1, *x.shape[1:3], matrix.shape[-1]])

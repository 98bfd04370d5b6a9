"""Convolutions with padding "same", for steps that XLA compiles on a CPU.

XLA's own take minutes a step there, its products are as fast as TensorFlow's.
With few channels on one side, as in Glow's couplings, the product and what XLA
fuses around it take a third of the time of TensorFlow's convolution.
"""

import tensorflow as tf
from tensorflow.python.ops import control_flow_util


def conv_same(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Returns the convolution of stride 1, [B, H, W, D].

    Args:
      x: [B, H, W, C].
      kernel: [k, k, C, D], k odd.
    """
    k, _, C, D = kernel.shape
    if not _products_pay():
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


def _products_pay():
    graph = tf.compat.v1.get_default_graph()
    compiled = control_flow_util.GraphOrParentsInXlaContext(graph)
    return compiled and not tf.config.list_logical_devices("GPU")


def _shifted(x, k):
    """Views [B, H, W, C] of x, of the k k places of a window."""
    H, W = x.shape[1:3]
    edge = k // 2
    x = tf.pad(x, [[0, 0], [edge, edge], [edge, edge], [0, 0]]) if edge else x
    return [x[:, i : i + H, j : j + W] for i in range(k) for j in range(k)]


def _product(x, matrix):
    y = tf.matmul(tf.reshape(x, [-1, x.shape[-1]]), matrix)
    return tf.reshape(y, [-1, *x.shape[1:3], matrix.shape[-1]])

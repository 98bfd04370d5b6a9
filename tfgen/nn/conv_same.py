"""Convolutions with padding "same", for steps that XLA compiles on a CPU.

XLA's own take minutes a step there, its products are as fast as TensorFlow's.
With few channels on one side, as in Glow's couplings, the product and what XLA
fuses around it take a third of the time of TensorFlow's convolution. Those of
`windows.py`, by indices of known shapes, take up to 1.9 times as long there.
"""

import itertools

import tensorflow as tf
from tensorflow.python.ops import control_flow_util

from tfgen.nn.conv import of_cpus


def conv_same(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Returns the convolution of stride 1, [B, H, W, D].

    Args:
      x: [B, H, W, C].
      kernel: [k, k, C, D], k odd.
    """
    k, _, C, D = kernel.shape
    if not _products_pay():
        return tf.nn.conv2d(x, kernel, 1, "SAME")
    if C <= D:
        return _product(_windows(x, k), tf.reshape(kernel, [k * k * C, D]))
    # What a pixel adds to those around it: it is on their other side.
    kernel = tf.transpose(tf.reverse(kernel, [0, 1]), [2, 0, 1, 3])
    return _added(_product(x, tf.reshape(kernel, [C, k * k * D])), k)


def _products_pay():
    graph = tf.compat.v1.get_default_graph()
    compiled = control_flow_util.GraphOrParentsInXlaContext(graph)
    return compiled and of_cpus()


def _product(x, matrix):
    y = tf.matmul(tf.reshape(x, [-1, x.shape[-1]]), matrix)
    return tf.reshape(y, [-1, *x.shape[1:3], matrix.shape[-1]])


def _windows(x, k):
    """What is around each pixel, side by side, [B, H, W, k k C]."""

    @tf.custom_gradient
    def windows(x):
        H, W = x.shape[1:3]
        around = (k // 2, k // 2)
        padded = tf.pad(x, [(0, 0), around, around, (0, 0)])
        parts = [
            padded[:, i : i + H, j : j + W]
            for i, j in itertools.product(range(k), repeat=2)
        ]
        return tf.concat(parts, axis=-1), lambda dy: _added(dy, k)

    return windows(x)


def _added(y, k):
    """The transpose of `_windows`, [B, H, W, C], of y [B, H, W, k k C].

    A part is taken first and padded then: XLA would keep all of y, padded.
    """

    @tf.custom_gradient
    def added(y):
        steps = itertools.product(range(-(k // 2), k // 2 + 1), repeat=2)
        parts = tf.split(y, k * k, axis=-1)
        x = tf.add_n([_moved(p, *step) for p, step in zip(parts, steps)])
        return x, lambda dx: _windows(dx, k)

    return added(y)


def _moved(x, *steps):
    """x, so many rows down and columns to the right; zeros come after it."""
    sides = x.shape[1:3]
    steps = [max(-side, min(n, side)) for n, side in zip(steps, sides)]
    cut = [slice(max(-n, 0), -max(n, 0) or None) for n in steps]
    pad = [(max(n, 0), max(-n, 0)) for n in steps]
    return tf.pad(x[:, cut[0], cut[1]], [(0, 0), *pad, (0, 0)])

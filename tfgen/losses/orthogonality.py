"""Orthogonal regularization (Brock et al. 2016, arXiv:1609.07093)."""

from collections.abc import Iterable

import keras
import tensorflow as tf


def orthogonality(variables: Iterable[keras.Variable]) -> tf.Tensor:
    """Returns the sum of `|W^T W - I|` over linear layers, a number.

    Absolute values are summed over all entries. The columns of W are a layer's
    filters. Of more filters than inputs, which cannot be orthogonal, the rows
    are taken.

    Args:
      variables: those not called `kernel` are left out.
    """
    kernels = [v.value for v in variables if v.name == "kernel"]
    return tf.add_n([_deviation(kernel) for kernel in kernels])


def _deviation(kernel):
    W = tf.reshape(kernel, [-1, kernel.shape[-1]])
    wide = W.shape[1] > W.shape[0]
    products = tf.matmul(W, W, transpose_a=not wide, transpose_b=wide)
    return tf.reduce_sum(tf.abs(products - tf.eye(min(W.shape), dtype=W.dtype)))

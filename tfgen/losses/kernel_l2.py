"""Weight decay as a term of a loss."""

from collections.abc import Iterable

import keras
import tensorflow as tf


def kernel_l2(variables: Iterable[keras.Variable]) -> tf.Tensor:
    """Returns half the sum of squares of linear layers' weights, a number.

    Its gradient is the weight.

    Args:
      variables: those not called `kernel` are left out.
    """
    kernels = [v.value for v in variables if v.name == "kernel"]
    return tf.add_n([tf.nn.l2_loss(kernel) for kernel in kernels])

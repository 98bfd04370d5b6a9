"""Convolutions of 3 x 3 with 4 products in the place of 9.

Winograd's F(2 x 2, 3 x 3), Lavin and Gray 2016, arXiv:1509.09308, section 4.1:

    Y = A^T [(G g G^T) * (B^T d B)] A

makes 2 x 2 values Y of 4 x 4 pixels d by 16 products, where 36 are usual. The
gradients of d and g have the same form, and as many products.
"""

import numpy as np
import tensorflow as tf

from tfgen.nn.windows import places_of, taken

_A = np.array([[1, 1, 1, 0], [0, 1, -1, -1]])
_B = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]])
_G = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])


def winograd(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Returns the convolution without padding, [B, H - 2, W - 2, D].

    Args:
      x: [B, H, W, C], of a known shape, H and W even.
      kernel: [3, 3, C, D].
    """
    B, H, W, C = x.shape
    h, w, D = (H - 2) // 2, (W - 2) // 2, kernel.shape[-1]
    places = places_of((B, H, W), (4, 4), 2, (0, 0), (h, w)).T
    d = taken(tf.reshape(x, [-1, C]), np.ascontiguousarray(places))
    d = tf.reshape(_of_both_sides(_B, d), [16, -1, C])
    g = tf.reshape(_of_both_sides(_G, kernel), [16, C, D])
    y = tf.reshape(_of_both_sides(_A, tf.matmul(d, g)), [2, 2, B, h, w, D])
    return tf.reshape(tf.transpose(y, [2, 3, 0, 4, 1, 5]), [B, H - 2, W - 2, D])


def _of_both_sides(matrix, x):
    """M X M^T, where the sides of X come first; [all, the rest]."""
    both = tf.constant(np.kron(matrix, matrix), x.dtype)
    return tf.matmul(both, tf.reshape(x, [both.shape[1], -1]))

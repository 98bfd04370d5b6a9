"""Distances of pictures' edges from the right ones."""

import tensorflow as tf


def gradient_difference(
    made: tf.Tensor, true: tf.Tensor, power: float = 1.0
) -> tf.Tensor:
    """Returns the gradient difference loss, [B].

    The mean of `| |y_ij - y_i-1,j| - |m_ij - m_i-1,j| |^power` over the places
    of a picture, and likewise across (Mathieu et al. 2016, arXiv:1511.05440,
    eq. 7, where it is a sum).

    Args:
      made: m [B, H, W, C].
      true: y likewise.
      power: alpha in the paper.
    """
    total = 0.0
    for axis in (1, 2):
        edges = [tf.abs(_steps(picture, axis)) for picture in (true, made)]
        off = tf.abs(edges[0] - edges[1])
        off = off if power == 1 else off**power
        total += tf.reduce_mean(off, axis=[1, 2, 3])
    return total


def _steps(x: tf.Tensor, axis: int) -> tf.Tensor:
    """Differences of neighbours."""
    if axis == 1:
        return x[:, 1:] - x[:, :-1]
    return x[:, :, 1:] - x[:, :, :-1]

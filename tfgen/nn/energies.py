"""Energies over the plane: densities `p(x) = exp(-U(x)) / Z`.

Table 1 of Rezende & Mohamed 2015 (arXiv:1505.05770). The second to fourth have
no end to the left and right there, so that no Z is; here walls at x_1 = ±4 end
them, half of a Gaussian of standard deviation 0.4 each.
"""

import math

import numpy as np
import tensorflow as tf

ENERGIES = (1, 2, 3, 4)
# The grid holds all but 1e-6 of each.
_SIDE, _CELLS = 6.5, 1300


def energy(number: int, x: tf.Tensor) -> tf.Tensor:
    """Returns U of a number from 1 to 4, [B], of x [B, 2]."""
    x_1, x_2 = x[:, 0], x[:, 1]
    if number == 1:
        r = tf.sqrt(x_1**2 + x_2**2 + 1e-12)
        ring = 0.5 * ((r - 2) / 0.4) ** 2
        return ring + _two((x_1 - 2) / 0.6, (x_1 + 2) / 0.6)
    walls = 0.5 * (tf.nn.relu(tf.abs(x_1) - 4) / 0.4) ** 2
    y = x_2 - tf.sin(2 * math.pi * x_1 / 4)
    if number == 2:
        return walls + 0.5 * (y / 0.4) ** 2
    if number == 3:
        w_2 = 3 * tf.exp(-0.5 * ((x_1 - 1) / 0.6) ** 2)
        return walls + _two(y / 0.35, (y + w_2) / 0.35)
    w_3 = 3 * tf.sigmoid((x_1 - 1) / 0.3)
    return walls + _two(y / 0.4, (y + w_3) / 0.35)


def _two(a, b):
    """Returns `-log(exp(-a^2/2) + exp(-b^2/2))`."""
    return -tf.reduce_logsumexp(-0.5 * tf.stack([a, b]) ** 2, axis=0)


def grid(number: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Returns the density on a fine grid.

    Args:
      number: of the energy.

    Returns:
      Centers of the cells [N, 2], their probabilities [N], a cell's side.
    """
    side = 2 * _SIDE / _CELLS
    centers = side * (np.arange(_CELLS) + 0.5) - _SIDE
    points = np.stack(np.meshgrid(centers, centers, indexing="ij"), axis=-1)
    points = points.reshape(-1, 2)
    density = np.exp(-np.asarray(energy(number, tf.constant(points))))
    return points, density / density.sum(), side


def log_z(number: int) -> float:
    """Returns log Z in nats."""
    points, p, side = grid(number)
    best = p.argmax()
    at_best = -float(energy(number, tf.constant(points[best : best + 1]))[0])
    return at_best - math.log(p[best]) + 2 * math.log(side)

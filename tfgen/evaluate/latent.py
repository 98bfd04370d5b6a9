"""Paths and surfaces in a Gaussian latent space."""

from collections.abc import Sequence

import numpy as np


def interpolate(z_1: np.ndarray, z_2: np.ndarray, steps: int) -> np.ndarray:
    """Returns points on the arc from z_1 to z_2.

    `z = cos(t) z_1 + sin(t) z_2`, t from 0 to pi / 2: independent standard
    normal ends give standard normal points, which a straight line does not.

    Args:
      z_1: [..., D].
      z_2: [..., D].
      steps: S, both ends included.

    Returns:
      [..., S, D].
    """
    t = np.linspace(0, np.pi / 2, steps, dtype=z_1.dtype)[:, None]
    return np.cos(t) * z_1[..., None, :] + np.sin(t) * z_2[..., None, :]


def resampled(
    z: np.ndarray, noise: np.ndarray, sizes: Sequence[int]
) -> np.ndarray:
    """Returns z with more and more of its scales drawn anew.

    Appendix D of Dinh et al. 2017 (arXiv:1605.08803): the finest scales first.

    Args:
      z: [B, D], the scales one after the other, the finest first.
      noise: [B, D], what takes the place of z.
      sizes: dimensions of each of the L scales.

    Returns:
      [B, L, D]: all of z, without the finest scale, …, the coarsest alone.
    """
    start = np.cumsum([0, *sizes[:-1]])  # of what is kept
    kept = np.arange(z.shape[-1]) >= start[:, None]
    return np.where(kept, z[:, None], noise[:, None])


def traversal(z: np.ndarray, rows: int, steps: int) -> np.ndarray:
    """Returns z with one number at a time going from -3 to 3.

    Args:
      z: [D].
      rows: R, of the first numbers.
      steps: S, both ends included.

    Returns:
      [R, S, D].
    """
    places = np.eye(rows, len(z), dtype=bool)[:, None]
    values = np.linspace(-3, 3, steps, dtype=z.dtype)[:, None]
    return np.where(places, values, z)


def manifold(z: np.ndarray, steps: int) -> np.ndarray:
    """Returns the surface of eq. 19 of Dinh et al. 2017 (arXiv:1605.08803).

    `z = cos(u) (cos(v) z_1 + sin(v) z_2) + sin(u) (cos(v) z_3 + sin(v) z_4)`
    for u, v in {0, ..., steps - 1} * 2 pi / steps: the whole torus.

    Args:
      z: [4, D], the latents of four examples.
      steps: S, points along each angle.

    Returns:
      [S, S, D]; u runs along the first axis.
    """
    angle = np.arange(steps, dtype=z.dtype) * (2 * np.pi / steps)
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    first = cos * z[0] + sin * z[1]
    second = cos * z[2] + sin * z[3]
    return cos[:, None] * first + sin[:, None] * second

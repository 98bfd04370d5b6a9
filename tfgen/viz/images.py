"""Grids of pictures, as PNG files."""

import os
import pathlib

import numpy as np
from PIL import Image

from tfgen.files import replacing


def grid(images: np.ndarray, columns: int, levels: int) -> np.ndarray:
    """Lays pictures out in rows, with a line between them.

    Args:
      images: [N, H, W, C] gray levels in [0, levels); C is 1 or 3.
      columns: pictures in a row.
      levels: number of gray levels.

    Returns:
      [H', W', C] uint8.
    """
    N, H, W, C = images.shape
    rows = -(-N // columns)
    # Level k covers [k, k + 1): show its lower end, the top level as white.
    shade = np.floor(np.clip(images, 0, levels - 1e-3)) / (levels - 1)
    canvas = np.full((rows * (H + 1) + 1, columns * (W + 1) + 1, C), 0.5)
    for i, picture in enumerate(shade):
        top, left = i // columns * (H + 1) + 1, i % columns * (W + 1) + 1
        canvas[top : top + H, left : left + W] = picture
    return (canvas * 255).round().astype(np.uint8)


def pair_grid(
    x: np.ndarray, reconstructions: np.ndarray, columns: int, levels: int
) -> np.ndarray:
    """Lays out x beside g(e(x)), as figure 4 of the BiGAN paper does.

    Donahue et al. 2017, arXiv:1605.09782.

    Args:
      x: [N, H, W, C] gray levels in [0, levels); C is 1 or 3.
      reconstructions: [N, H, W, C], of each.
      columns: pairs in a row.
      levels: number of gray levels.

    Returns:
      [H', W', C] uint8.
    """
    pairs = np.stack([x, reconstructions], axis=1)
    return grid(pairs.reshape(-1, *x.shape[1:]), 2 * columns, levels)


def neighbor_grid(
    queries: np.ndarray, neighbors: np.ndarray, levels: int
) -> np.ndarray:
    """Lays out a row a query: itself, then its neighbours, the nearest first.

    Figure 5 of the BiGAN paper (arXiv:1605.09782).

    Args:
      queries: [N, H, W, C] gray levels in [0, levels); C is 1 or 3.
      neighbors: [N, K, H, W, C], of each.
      levels: number of gray levels.

    Returns:
      [H', W', C] uint8.
    """
    rows = np.concatenate([queries[:, None], neighbors], axis=1)
    return grid(rows.reshape(-1, *queries.shape[1:]), rows.shape[1], levels)


def filter_grid(filters: np.ndarray, columns: int) -> np.ndarray:
    """Lays out a layer's filters, as figure 3 of the BiGAN paper does.

    Each is scaled by itself: its smallest weight is black, its largest white.

    Args:
      filters: [H, W, C, N], the order of the kernels of Keras's `Conv2D`, where
        C are the colours it reads, and `Conv2DTranspose`, where C are those it
        makes; C is 1 or 3.
      columns: filters in a row.

    Returns:
      [H', W', C] uint8.
    """
    filters = np.moveaxis(filters, -1, 0)
    low, high = (
        end(filters, axis=(1, 2, 3), keepdims=True) for end in (np.min, np.max)
    )
    # A filter of one value has no range, and is black.
    scaled = (filters - low) / np.where(high > low, high - low, 1)
    return grid(scaled * 256, columns, levels=256)


def write_png(
    path: str | os.PathLike, image: np.ndarray, least: int = 600
) -> pathlib.Path:
    """Writes a picture, each pixel enlarged to a square if it is small.

    Args:
      path: of the file; folders are made.
      image: [H, W, C] uint8; C is 1 or 3.
      least: width to reach, in pixels.

    Returns:
      The path.

    Raises:
      UserError: it could not be written.
    """
    times = max(1, round(least / image.shape[1]))
    image = np.repeat(np.repeat(image, times, axis=0), times, axis=1)
    image = image.squeeze(-1) if image.shape[-1] == 1 else image
    with replacing(path) as partial:
        Image.fromarray(image).save(partial, "PNG")
    return pathlib.Path(path)

"""Grids of pictures, as PNG files."""

import os
import pathlib

import numpy as np
from PIL import Image


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
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    times = max(1, round(least / image.shape[1]))
    image = np.repeat(np.repeat(image, times, axis=0), times, axis=1)
    Image.fromarray(image.squeeze(-1) if image.shape[-1] == 1 else image).save(
        path
    )
    return path

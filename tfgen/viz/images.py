"""Grids of pictures, as PNG files."""

import os
import pathlib
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tfgen.files import replacing

_COLUMN, _HEAD = 48, 16  # pixels: width of a named column, height of a line
# Pillow's own font has no letters with accents.
_FONT = ImageFont.truetype(
    pathlib.Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf"),
    10,
)


def sheet(images: np.ndarray, columns: int, levels: int) -> np.ndarray:
    """Lays pictures out in rows, with a line between them.

    Args:
      images: [..., H, W, C] gray levels in [0, levels); C is 1 or 3.
      columns: pictures in a row.
      levels: number of gray levels.

    Returns:
      [H', W', C] uint8.
    """
    images = images.reshape(-1, *images.shape[-3:])
    N, H, W, C = images.shape
    rows = -(-N // columns)
    gray = (rows * (H + 1) + 1, columns * (W + 1) + 1, C)
    canvas = np.full(gray, 128, np.uint8)
    for i, picture in enumerate(shades(images, levels)):
        top, left = i // columns * (H + 1) + 1, i % columns * (W + 1) + 1
        canvas[top : top + H, left : left + W] = picture
    return canvas


def shades(images: np.ndarray, levels: int) -> np.ndarray:
    """Returns pictures as uint8, black to white.

    Args:
      images: [N, H, W, C] gray levels in [0, levels).
      levels: number of gray levels.
    """
    # Level k covers [k, k + 1): show its lower end, the top level as white.
    whole = np.floor(np.clip(images, 0, levels - 1e-3))
    return (whole * (255 / (levels - 1))).round().astype(np.uint8)


def beside(left: np.ndarray, right: np.ndarray, gap: int = 2) -> np.ndarray:
    """Returns two pictures [H, W, C] uint8 of one height, side by side."""
    height, _, channels = left.shape
    white = np.full((height, gap, channels), 255, np.uint8)
    return np.concatenate([left, white, right], axis=1)


def with_headings(picture: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Returns a picture with a name above each column.

    Args:
      picture: [H, W, C] uint8, of as many columns as there are names.
      names: each in as many lines as it needs; a word that does not fit is
        cut.

    Returns:
      [H', W', C] uint8, enlarged until a column has room for a name.
    """
    _, W, C = picture.shape
    factor = -(-_COLUMN * len(names) // W)
    picture = picture.repeat(factor, 0).repeat(factor, 1)
    width = picture.shape[1] / len(names)
    texts = [_lines(name, width - 2) for name in names]
    height = _HEAD * max(map(len, texts))
    head = Image.new("RGB", (picture.shape[1], height), "white")
    draw = ImageDraw.Draw(head)
    for i, lines in enumerate(texts):
        for j, line in enumerate(lines):
            place = width * (i + 0.5), _HEAD * (j + 0.5)
            draw.text(place, line, "black", _FONT, "mm")
    heads = np.asarray(head)[..., :C]
    return np.concatenate([heads, picture])


def _lines(text: str, width: float) -> list[str]:
    """Words in lines of at most so many pixels."""
    lines: list[str] = []
    for word in text.split() or [""]:
        while len(word) > 1 and _FONT.getlength(word) > width:
            word = word[:-1]
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _FONT.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def columns_of_files(
    path: str | os.PathLike, files: Mapping[str, Sequence[pathlib.Path]]
) -> pathlib.Path:
    """Writes pictures of one size side by side, each column under its name.

    Args:
      path: of the PNG file; folders are made.
      files: name of a column -> PNG files, from the top. Columns without all of
        theirs are left out.

    Returns:
      The path; nothing is written without a column.

    Raises:
      UserError: it could not be written.
    """
    columns = {
        name: np.concatenate([_opaque(f) for f in own])
        for name, own in files.items()
        if all(f.exists() for f in own)
    }
    if columns:
        picture = np.concatenate(list(columns.values()), axis=1)
        picture = picture if picture.ndim == 3 else picture[..., None]
        write_png(path, with_headings(picture, list(columns)))
    return pathlib.Path(path)


def _opaque(path: pathlib.Path) -> np.ndarray:
    """A PNG file as gray [H, W] or colours [H, W, 3]; plots have alpha, too."""
    with Image.open(path) as image:
        return np.asarray(image if image.mode == "L" else image.convert("RGB"))


def influence(seen: np.ndarray) -> np.ndarray:
    """Returns what the pixel in the middle sees, [H, W, 3] uint8.

    Args:
      seen: [H, W], 0 or more, how much of each. Its fourth root is drawn, so
        that a ten-thousandth of the most is a tenth as bright; and less than
        a millionth counts as nothing.
    """
    share = seen / max(seen.max(), 1e-30)
    shade = np.where(share < 1e-6, 0, share**0.25)[..., None]
    picture = (shade * np.full(3, 255)).round().astype(np.uint8)
    H, W = seen.shape
    picture[H // 2, W // 2] = 255, 0, 0
    return picture


def filter_sheet(filters: np.ndarray, columns: int) -> np.ndarray:
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
    # A filter whose weights are all the same is black.
    scaled = (filters - low) / np.where(high > low, high - low, 1)
    return sheet(scaled * 256, columns, levels=256)


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

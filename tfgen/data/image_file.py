"""One image file as pixels."""

from __future__ import annotations

import contextlib
import io
import os
import re
from typing import Literal, NamedTuple

import numpy as np
from PIL import Image, ImageColor, ImageOps, UnidentifiedImageError

EXTENSIONS = (
    ".bmp",
    ".gif",
    ".jfif",
    ".tif",
    ".tiff",
    ".webp",
    ".png",
    ".jpg",
    ".jpeg",
)

_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP")

# Pillow's modes of 8 bits.
_GRAY = ("1", "L", "LA")
_PALETTE = ("P", "PA")
_COLOUR = ("RGB", "RGBX", "RGBA", "CMYK", "YCbCr")

# Pillow cuts colours of 16 bits to their high byte; the tile says so. `BGR;16`
# has 16 bits for all three.
_SIXTEEN_BITS = re.compile(r"(?<!BGR);16")


class ReadImage(NamedTuple):
    """A file as pixels.

    Attributes:
      x: [H, W, C] uint8.
      notes: what was done to the image.
      size: its width and height in the file, upright, before it was resized;
        of a half, those of the half.
    """

    x: np.ndarray
    notes: list[str]
    size: tuple[int, int]


class BadImageError(Exception):
    """What is wrong with a file, and what would be right."""


def colour(name: str) -> tuple[int, int, int]:
    """Returns red, green and blue of a colour, such as `white` or `#808080`.

    Raises:
      ValueError: it is not a colour.
    """
    return ImageColor.getrgb(name)[:3]


def read(
    path: str | os.PathLike,
    size: int | None,
    channels: int = 0,
    background: tuple[int, int, int] = (255, 255, 255),
    half: Literal["", "left", "right"] = "",
) -> ReadImage:
    """Reads a file as viewers show it: upright, on a background.

    Args:
      path: of the file; of several pictures in it, the first is read.
      size: the short side is resized to so many pixels, and a square is cut
        from the centre; None leaves the picture as large as it is.
      channels: 1 (gray) or 3; 0 is as the file has them. A palette of grays is
        gray.
      background: what shows through where the image is transparent.
      half: which of two pictures, side by side, is meant.

    Raises:
      BadImageError: it is no image, damaged, or has more than 8 bits.
    """
    try:
        # In one piece: of a small file, to seek in it takes as long as to
        # decode it.
        with open(path, "rb", buffering=0) as file:
            content = io.BytesIO(file.read())
        image = Image.open(content, formats=_FORMATS)
        return _pixels(image, size, channels, background, half)
    except BadImageError:
        raise
    except UnidentifiedImageError as error:
        raise BadImageError(
            "not a readable image (cannot identify its format)"
        ) from error
    except Exception as error:  # of a damaged file, Pillow raises anything
        reason = str(error) or type(error).__name__
        raise BadImageError(f"not a readable image ({reason})") from error


def _pixels(image, size, channels, background, half):
    notes = []
    if getattr(image, "is_animated", False):
        notes.append("the first of several pictures")
    mode = image.mode
    if mode not in _GRAY + _PALETTE + _COLOUR:
        raise BadImageError(
            f"Pillow's mode {mode}; expected 8 bits per channel"
        )
    if image.tile and _SIXTEEN_BITS.search(str(image.tile[0][3])):
        raise BadImageError("16 bits per channel; expected 8")
    # A damaged chunk after the pixels is an IndexError, and leaves them whole.
    with contextlib.suppress(IndexError):
        image.load()
    if image.info:  # where EXIF is, too; if it is damaged, it turns nothing
        with contextlib.suppress(Exception):
            ImageOps.exif_transpose(image, in_place=True)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        if image.getextrema()[3][0] < 255:
            notes.append("transparent")
            below = Image.new("RGBA", image.size, background)
            image = Image.alpha_composite(below, image)
    if half:
        image = _half(image, half)
    if not channels:
        gray = mode in _GRAY or (mode in _PALETTE and _all_gray(image))
        channels = 1 if gray else 3
    if channels == 1 and mode in _COLOUR:
        notes.append("in colours, made gray")
    wanted = "L" if channels == 1 else "RGB"
    if image.mode != wanted:
        image = image.convert(wanted)
    own = image.size
    if size and image.size != (size, size):
        # `fit` crops to a square around the centre, then resizes with a filter
        # as wide as the scale asks for, so without aliases.
        image = ImageOps.fit(image, (size, size), Image.Resampling.BICUBIC)
    x = np.frombuffer(image.tobytes(), np.uint8)
    return ReadImage(x.reshape(*image.size[::-1], channels), notes, own)


def _half(image: Image.Image, half: str) -> Image.Image:
    width, height = image.size
    if width % 2:
        raise BadImageError(
            f"{width} pixels wide; expected an even number, two pictures side"
            " by side"
        )
    left = 0 if half == "left" else width // 2
    return image.crop((left, 0, left + width // 2, height))


def _all_gray(image: Image.Image) -> bool:
    red, *others = np.asarray(image.convert("RGB")).transpose(2, 0, 1)
    return all((red == other).all() for other in others)

"""Shapes on white, which scenes are drawn of.

They stand on the pixels of a grid of 16; larger pictures show the same finer.
"""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

GRID = 16  # places in a row
KINDS = ("square", "disc", "triangle")
SIZES = {"small": 5, "middle": 7, "large": 9}  # places across
COLOURS = {
    "red": (220, 40, 40),
    "green": (40, 170, 60),
    "blue": (40, 70, 220),
    "yellow": (235, 200, 40),
}


@dataclasses.dataclass(frozen=True)
class Shapes:
    """All shapes there are without their colours, T of them.

    Attributes:
      kind: [T], place in `KINDS`.
      size: [T], places across.
      top: [T], place of the highest row.
      left: [T], likewise.
      number: [kind, size, top, left] -> which it is, or -1.
    """

    kind: np.ndarray
    size: np.ndarray
    top: np.ndarray
    left: np.ndarray
    number: np.ndarray


@functools.cache
def every() -> Shapes:
    """Returns all shapes, by kind, size, top and left."""
    rows = [
        (kind, size, top, left)
        for kind in range(len(KINDS))
        for size in SIZES.values()
        for top in range(GRID - size + 1)
        for left in range(GRID - size + 1)
    ]
    number = np.full((len(KINDS), GRID + 1, GRID, GRID), -1)
    columns = np.array(rows).T
    number[tuple(columns)] = np.arange(len(rows))
    return Shapes(*columns, number)


@functools.cache
def masks(side: int, outlined: bool = False) -> np.ndarray:
    """Returns where each shape is, [T, side, side] bool.

    Args:
      side: pixels, a multiple of 16.
      outlined: the edge alone.
    """
    known, scale = every(), side // GRID
    found = np.zeros((len(known.kind), side, side), bool)
    for mask, kind, size, top, left in zip(
        found, known.kind, known.size, known.top, known.left
    ):
        n = size * scale
        shape = _inside(KINDS[kind], n)
        if outlined:
            inner = shape
            for _ in range(scale):
                inner = _eroded(inner)
            shape = shape & ~inner
        y, x = top * scale, left * scale
        mask[y : y + n, x : x + n] = shape
    return found


def _inside(kind: str, n: int) -> np.ndarray:
    """A shape that fills n by n pixels, by their centres."""
    x = (2 * np.arange(n) + 1) / n - 1
    y = x[:, None]
    if kind == "disc":
        return x**2 + y**2 <= 1
    if kind == "triangle":
        return np.abs(x) <= (y + 1) / 2
    return np.ones((n, n), bool)


def _eroded(mask: np.ndarray) -> np.ndarray:
    """Without the pixels that have one of four neighbours outside."""
    padded = np.pad(mask, 1)
    rows, columns = padded[:, 1:-1], padded[1:-1]
    return mask & rows[:-2] & rows[2:] & columns[:, :-2] & columns[:, 2:]


def paint(
    number: np.ndarray, colour: np.ndarray, side: int, outlined: bool = False
) -> np.ndarray:
    """Returns pictures [N, side, side, 3] uint8.

    Args:
      number: [N], of shapes.
      colour: [N, 3], levels 0 to 255.
      side: pixels.
      outlined: edges alone.
    """
    mask = masks(side, outlined)[number][..., None]
    colour = np.asarray(colour)[:, None, None]
    return np.where(mask, colour, 255).astype(np.uint8)


def colours(numbers: np.ndarray) -> np.ndarray:
    """Returns the levels of places in `COLOURS`, [N, 3]."""
    return np.array(list(COLOURS.values()))[numbers]

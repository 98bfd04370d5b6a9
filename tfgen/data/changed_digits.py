"""Digits, and the same digits changed: x and its label, and y.

    turned_digits    y is x turned by a right angle, against the clock
    inverted_digits  dark is light
    thinned_digits   thin strokes, see `thinned`
    textured_digits  faint and blurred, on waves of any phase

Of the built-in digits, or of others: `turned_digits:npz:PATH`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from tfgen.config import Field
from tfgen.data import catalog
from tfgen.data.settings import DataConfig
from tfgen.data.source import ArraySource
from tfgen.errors import UserError

_SEED = 1_612  # of the phases
_WAVES = 2.2, 0.9  # of waves, in a pixel down and to the right


def turned(x: np.ndarray, levels: int) -> np.ndarray:
    """Returns pictures [N, W, H, C], turned against the clock."""
    del levels
    return np.rot90(x, axes=(1, 2))


def inverted(x: np.ndarray, levels: int) -> np.ndarray:
    """Returns pictures with dark and light levels exchanged."""
    return (levels - 1 - x).astype(x.dtype)


def thinned(x: np.ndarray, levels: int) -> np.ndarray:
    """Returns pictures with thinner strokes.

    A pixel loses half of the lightest of its four neighbours, and what is left
    is doubled: the middle of a stroke stays, its sides go.
    """
    x = x.astype(np.float32)
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    rows, columns = padded[:, :, 1:-1], padded[:, 1:-1]
    beside = np.maximum(columns[:, :, :-2], columns[:, :, 2:])
    lightest = np.maximum(beside, np.maximum(rows[:, :-2], rows[:, 2:]))
    left = np.maximum(x - lightest / 2, 0)
    return np.minimum(np.rint(2 * left), levels - 1).astype(np.uint8)


def textured(x: np.ndarray, levels: int) -> np.ndarray:
    """Returns pictures that a camera might have made of these.

    Strokes are blurred, half as strong and bent towards white; behind them are
    waves, each picture's of its own phase.
    """
    shades = x.astype(np.float32) / (levels - 1)
    padded = np.pad(shades, ((0, 0), (1, 1), (1, 1), (0, 0)))
    rows, columns = padded[:, :, 1:-1], padded[:, 1:-1]
    near = rows[:, :-2] + rows[:, 2:] + columns[:, :, :-2] + columns[:, :, 2:]
    strokes = np.sqrt((2 * shades + near) / 6)
    phase = 2 * np.pi * np.random.default_rng(_SEED).random((len(x), 1, 1, 1))
    down, right = (np.arange(n) for n in x.shape[1:3])
    waves = np.sin(
        _WAVES[0] * down[:, None, None] + _WAVES[1] * right[:, None] + phase
    )
    light = 0.35 + 0.5 * strokes + 0.25 * waves
    return np.rint((levels - 1) * np.clip(light, 0, 1)).astype(np.uint8)


_CHANGES: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
    "turned_digits": turned,
    "inverted_digits": inverted,
    "thinned_digits": thinned,
    "textured_digits": textured,
}


def load(name: str, config: DataConfig, seed: int) -> ArraySource:
    """Returns digits, split as those that they are made of.

    Args:
      name: see above.
      config: of the data; without its name.
      seed: of nothing, unless other data are drawn.

    Raises:
      UserError: other data that are no pictures with gray levels in memory.
    """
    kind, _, others = name.partition(":")
    config = dataclasses.replace(config, name=others or "digits")
    source = catalog.load(config, seed)
    spec = source.spec
    pictures = isinstance(source, ArraySource) and len(spec.shape) == 3
    if not (pictures and spec.levels):
        raise UserError(
            f"data={name}: expected an .npz file of pictures with gray levels,"
            f" {kind}:npz:PATH."
        )
    splits = {
        split: {**columns, "y": _CHANGES[kind](columns["x"], spec.levels)}
        for split, columns in source.splits.items()
    }
    y = Field("y", splits["train"]["y"].shape[1:], spec.levels)
    spec = dataclasses.replace(spec, fields=(*spec.fields, y))
    return ArraySource(spec, splits)

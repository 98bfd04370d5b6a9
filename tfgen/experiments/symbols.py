"""Strings of symbols, and what is to be written of them."""

import numpy as np

SYMBOLS = 8
TRAINED, TRIED = 8, 16  # of a string, at most


def link(random, shape, length: int = 2) -> dict[str, np.ndarray]:
    """Returns x of one symbol alone; y of any symbol, 0 or 1, again."""
    y = random.integers(0, 2, shape)[..., None].repeat(length, axis=-1)
    return arrays(np.zeros_like(y), y, np.full(shape, length))


def copy(random, shape, length: int | None = None) -> dict[str, np.ndarray]:
    """Returns strings, and they are what is to be written.

    Args:
      random: numbers.
      shape: of the examples.
      length: of all; else each has one of 1 to `TRAINED`.
    """
    lengths = random.integers(1, TRAINED + 1, shape)
    if length:
        lengths = np.full(shape, length)
    n = length or TRAINED
    x = random.integers(0, SYMBOLS, (*shape, n))
    x[np.arange(n) >= lengths[..., None]] = 0
    return arrays(x, x, lengths)


def reverse(random, shape, length: int | None = None) -> dict[str, np.ndarray]:
    """Returns what `copy` does, to be written from the end."""
    made = copy(random, shape, length)
    x, lengths = made["x"], made["length"][..., None]
    place = lengths - 1 - np.arange(x.shape[-1])
    y = np.take_along_axis(x, np.maximum(place, 0), axis=-1)
    return arrays(x, np.where(place >= 0, y, 0), made["length"])


def arrays(x, y, length) -> dict[str, np.ndarray]:
    """Returns them by name, in int32."""
    named = {"x": x, "y": y, "length": length}
    return {name: array.astype(np.int32) for name, array in named.items()}

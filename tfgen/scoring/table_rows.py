"""All rows of a table, those of another length, too."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Sequence

import numpy as np

from tfgen.data.table_file import Piece, TableFile


def all_rows(
    table: TableFile, names: Sequence[str], texts: Sequence[str]
) -> Iterator[tuple[Piece, dict[int, str]]]:
    """Yields pieces, and the places among their rows of malformed ones.

    A malformed row is of the piece that the next good one is in.

    Args:
      table: leaves malformed rows out.
      names: columns of numbers.
      texts: columns of text.

    Yields:
      A piece, and place -> what is wrong; places count from 0 over both kinds
      of rows.

    Raises:
      UserError: the file is damaged.
    """
    table = copy.copy(table)
    table.left_out = left_out = []
    first = taken = 0

    def malformed(count: float) -> dict[int, str]:
        """Those before the last of `count` good rows."""
        nonlocal taken
        found = {}
        while taken < len(left_out):
            number, why = left_out[taken]
            place = number - 1 - first
            if place - len(found) >= count:
                break
            found[place] = why
            taken += 1
        return found

    for piece in table.pieces(names, texts, mend=True):
        count = len(piece.numbers)
        found = malformed(count)
        yield piece, found
        first += count + len(found)
    if found := malformed(math.inf):
        nothing = np.zeros((0, len(names)))
        yield Piece(nothing, {name: [] for name in texts}, first), found


def spread(values: np.ndarray, count: int, left_out: list[int]) -> np.ndarray:
    """Returns rows at their places, and zeros at those that are left out.

    Args:
      values: [N, ...].
      count: of all rows.
      left_out: [count - N] places.
    """
    found = np.zeros((count, *values.shape[1:]), values.dtype)
    found[np.delete(np.arange(count), left_out)] = values
    return found

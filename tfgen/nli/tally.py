"""Counts of the pairs that were read or left out, for one line at the end."""

from __future__ import annotations

import collections
import sys
from collections.abc import Mapping, Sized

from tfgen.errors import UserError


class Tally:
    """Counts of pairs and of what was left out or changed.

    Attributes:
      read: pairs that are used.
      counts: what else there was, in words -> how often.
    """

    def __init__(self, name: str = ""):
        """Begins with nothing.

        Args:
          name: of what is read, for the line.
        """
        self.name = name
        self.read = 0
        self.counts: collections.Counter[str] = collections.Counter()
        self._first: dict[str, str] = {}
        self._used: set[str] = set()

    def add(self, what: str, first: str, count: int = 1) -> None:
        """Counts something; `first` says where it was seen first."""
        if count:
            self.counts[what] += count
            self._first.setdefault(what, first)

    def note(self, what: str, first: str) -> None:
        """Counts a row that is used, and read in a way that one should know."""
        self.add(what, first)
        self._used.add(what)

    def check(self, rows: int, left_out: Mapping[str, int]) -> None:
        """Raises `UserError` if most rows of a file cannot be used.

        Args:
          rows: of the file.
          left_out: why -> how many of them; those of `note` do not count.
        """
        left_out = {w: n for w, n in left_out.items() if w not in self._used}
        if 2 * sum(left_out.values()) > rows:
            why = ", ".join(self._told(what) for what in left_out)
            raise UserError(
                f"{self.name}: most of its {rows:,} rows cannot be used:"
                f" {why}; mend the file, or name other columns."
            )

    def check_any(self, pairs: Sized) -> None:
        """Raises `UserError` if there are no pairs."""
        if not pairs:
            raise UserError(
                f"{self.name}: no pairs in it; expected at least one."
            )

    def text(self, *more: str) -> str:
        """Returns the line, which ends with what is known besides."""
        told = (self._told(what) for what in self.counts)
        return "; ".join([f"{self.name}: {self.read:,} pairs", *told, *more])

    def say(self, *more: str) -> None:
        """Prints the line to standard error.

        Raises:
          UserError: nothing was read.
        """
        self.check_any(range(self.read))
        print(self.text(*more), file=sys.stderr, flush=True)

    def _told(self, what: str) -> str:
        first = self._first[what]
        return f"{what}: {self.counts[what]:,} (the first: {first})"

"""Sources: pairs that are split, read one by one, as text."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping

from tfgen.errors import UserError
from tfgen.nli.pairs import Pair


@dataclasses.dataclass
class Counts:
    """What was found in a split so far.

    Attributes:
      pairs: pairs with a label.
      unlabelled: rows that have none (`-` in SNLI: those asked disagreed).
      bad: malformed rows that were skipped.
    """

    pairs: int = 0
    unlabelled: int = 0
    bad: int = 0


@dataclasses.dataclass(frozen=True)
class PairSource:
    """Pairs in three splits.

    Attributes:
      splits: "train", "validation", "test" -> a function that reads all pairs
        of the split in a fixed order, counting as it goes.
      tokenized: texts are tokens joined by spaces.
    """

    splits: Mapping[str, Callable[[Counts], Iterator[Pair]]]
    tokenized: bool = False

    def read(self, split: str, counts: Counts | None = None) -> Iterator[Pair]:
        """Yields the pairs of a split.

        Args:
          split: "train", "validation" or "test".
          counts: is added to.

        Raises:
          UserError: no such split; while reading: a file is missing, or a row
            is malformed (file and line are named).
        """
        if split not in self.splits:
            raise UserError(
                f"split {split!r}: this data has {', '.join(self.splits)}."
            )
        return self.splits[split](counts if counts is not None else Counts())

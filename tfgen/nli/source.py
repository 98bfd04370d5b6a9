"""Sources: pairs that are split, read one by one, as text."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

from tfgen.nli.pairs import Pair
from tfgen.nli.tally import Tally
from tfgen.nli.text import tokenizer


@dataclasses.dataclass(frozen=True)
class PairSource:
    """Pairs in three splits.

    Attributes:
      open: "train", "validation" or "test", and what is to count -> all pairs
        of the split, in a fixed order.
      tokenize: a sentence of such a pair, and whether in lower case -> words.
      labels: in order, if they are known before the pairs are read.
      whole: the split to measure a model on that was trained on other data;
        "all" are all rows of a single file.
      seen: labels of all rows of a single file that was read, whatever the
        split.
    """

    open: Callable[[str, Tally], Iterator[Pair]]
    tokenize: Callable[..., list[str]] = tokenizer.tokenize
    labels: tuple[str, ...] = ()
    whole: str = "test"
    seen: set[str] = dataclasses.field(default_factory=set)

    def read(self, split: str, tally: Tally | None = None) -> Iterator[Pair]:
        """Yields the pairs of a split.

        Args:
          split: which.
          tally: counts them, and what is left out.

        Raises:
          UserError: while reading: a file is missing, or a row is malformed
            (file and line are named).
        """
        return self.open(split, tally or Tally())

"""Sources: pairs that are split, read one by one, as text."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

from tfgen.nli.pairs import Pair
from tfgen.nli.text import tokenizer


@dataclasses.dataclass(frozen=True)
class PairSource:
    """Pairs in three splits.

    Attributes:
      read: "train", "validation" or "test" -> all pairs of the split, in a
        fixed order. While reading, it raises `UserError`: a file is missing, or
        a row is malformed (file and line are named).
      tokenize: a sentence of such a pair, and whether in lower case -> words.
    """

    read: Callable[[str], Iterator[Pair]]
    tokenize: Callable[..., list[str]] = tokenizer.tokenize

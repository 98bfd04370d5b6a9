"""Pairs as numbers, without an object a sentence.

550,000 pairs of SNLI are 12 million words: 50 MB here, and more than a
gigabyte as Python lists.
"""

from __future__ import annotations

import array
import dataclasses
import functools
from collections.abc import Callable, Iterable

import numpy as np

from tfgen.data.nli.pairs import Pair
from tfgen.data.nli.vocabulary import UNKNOWN, Vocabulary
from tfgen.errors import UserError

Tokenizer = Callable[[str], list[str]]

# A premise of SNLI is told three times; so many sentences are remembered.
_REMEMBERED = 1024


@dataclasses.dataclass(frozen=True)
class Sentences:
    """n sentences, one after another.

    Attributes:
      ids: [words of all] int32.
      offsets: [n + 1] int64; sentence `i` is `ids[offsets[i]:offsets[i + 1]]`.
    """

    ids: np.ndarray
    offsets: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, i: int) -> np.ndarray:
        if not 0 <= i < len(self):
            raise IndexError(i)
        return self.ids[self.offsets[i] : self.offsets[i + 1]]

    @functools.cached_property
    def lengths(self) -> np.ndarray:
        """[n] int32, words of each; at least 1."""
        return np.diff(self.offsets).astype(np.int32)

    def padded(self, index: np.ndarray, width: int) -> np.ndarray:
        """Returns sentences as rows.

        Args:
          index: [...] which.
          width: T, at least the longest of them.

        Returns:
          [..., T] int32, padded with 0 at the end.
        """
        place = np.arange(width)
        inside = place < self.lengths[index][..., None]
        where = self.offsets[index][..., None] + place
        # Places past a sentence's end, and past the array's, are not read.
        return np.where(inside, self.ids.take(where, mode="clip"), 0)


@dataclasses.dataclass(frozen=True)
class EncodedPairs:
    """n pairs.

    Attributes:
      premise: n sentences.
      hypothesis: n sentences.
      label: [n] int32.
      num_cut: how many sentences were longer than the longest allowed; their
        ends are lost.
      num_empty: how many had no word; they are the one word "unknown".
      num_unknown: how many words are not in the vocabulary.
    """

    premise: Sentences
    hypothesis: Sentences
    label: np.ndarray
    num_cut: int = 0
    num_empty: int = 0
    num_unknown: int = 0

    def __len__(self) -> int:
        return len(self.label)


def encode(
    pairs: Iterable[Pair],
    vocabulary: Vocabulary,
    tokenize: Tokenizer,
    max_length: int = 0,
) -> EncodedPairs:
    """Returns pairs as ids, in order, in one pass.

    Args:
      pairs: text and labels.
      vocabulary: ids of words.
      tokenize: text -> words.
      max_length: longer sentences lose their ends, and are counted; 0 keeps
        all.

    Raises:
      UserError: `max_length` is negative.
    """
    if max_length < 0:
        raise UserError(
            f"max_length={max_length}: expected a number of words, or 0 to"
            " keep all."
        )
    counts = {"cut": 0, "empty": 0, "unknown": 0}

    def ids_of(text: str) -> tuple[array.array, int, int, int]:
        ids = vocabulary.encode(tokenize(text))
        cut = bool(max_length) and len(ids) > max_length
        if cut:
            ids = ids[:max_length]
        # A sentence without words has no mean; it gets a word, so that nothing
        # downstream divides by zero.
        empty = not ids
        unknown = ids.count(UNKNOWN)
        return array.array("i", ids or [UNKNOWN]), cut, empty, unknown

    remembered = functools.lru_cache(_REMEMBERED)(ids_of)
    sides = [(array.array("i"), array.array("q", [0])) for _ in range(2)]
    labels = array.array("i")
    for pair in pairs:
        for text, (ids, offsets) in zip(pair[:2], sides):
            words, cut, empty, unknown = remembered(text)
            ids.extend(words)
            offsets.append(len(ids))
            counts["cut"] += cut
            counts["empty"] += empty
            counts["unknown"] += unknown
        labels.append(pair.label)
    premise, hypothesis = (
        Sentences(
            np.frombuffer(ids, np.int32) if ids else np.zeros(0, np.int32),
            np.frombuffer(offsets, np.int64),
        )
        for ids, offsets in sides
    )
    return EncodedPairs(
        premise,
        hypothesis,
        np.frombuffer(labels, np.int32) if labels else np.zeros(0, np.int32),
        **{f"num_{name}": n for name, n in counts.items()},
    )

"""Pairs as arrays of numbers.

550,000 pairs of SNLI are 12 million words: 50 MB here, and more than a
gigabyte as Python lists.
"""

from __future__ import annotations

import array
import dataclasses
import functools
from collections.abc import Callable, Iterable

import numpy as np

from tfgen.nli.pairs import Pair
from tfgen.nli.text.vocabulary import SPECIAL, UNKNOWN, Vocabulary

Tokenizer = Callable[[str], list[str]]

# SNLI has each premise three times: so many sentences are remembered.
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

    def padded(self, index: np.ndarray, multiple: int = 1) -> np.ndarray:
        """Returns sentences as rows.

        Args:
          index: [...] which.
          multiple: T is that of the longest, rounded up to a multiple of this.

        Returns:
          [..., T] int32, padded with 0 at the end.
        """
        lengths = self.lengths[index]
        place = np.arange(-(-int(lengths.max()) // multiple) * multiple)
        inside = place < lengths[..., None]
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
    """

    premise: Sentences
    hypothesis: Sentences
    label: np.ndarray

    def __len__(self) -> int:
        return len(self.label)


def encode(
    pairs: Iterable[Pair],
    tokenize: Tokenizer,
    vocabulary: Vocabulary | None = None,
    max_length: int = 0,
    min_count: int = 1,
) -> tuple[EncodedPairs, Vocabulary]:
    """Returns pairs as ids, in order, and the vocabulary; in one pass.

    Args:
      pairs: text and labels.
      tokenize: text -> words.
      vocabulary: ids of words. None makes one of the pairs' words: the most
        frequent words come first, those as frequent in the order of their code
        points.
      max_length: longer sentences lose their ends; 0 keeps all.
      min_count: a new vocabulary lacks rarer words. Words that `max_length`
        cuts off are counted.
    """
    numbers, sides, label = _read(pairs, tokenize)
    if vocabulary is None:
        size = len(numbers)
        frequency = sum(np.bincount(ids, minlength=size) for ids, _ in sides)
        kept = (
            (-frequency[i], word)
            for word, i in numbers.items()
            if frequency[i] >= min_count and word not in SPECIAL
        )
        vocabulary = Vocabulary(word for _, word in sorted(kept))
    id_of = np.array(vocabulary.encode(numbers), np.int32)
    sentences = (
        _sentences(id_of[ids], offsets, max_length) for ids, offsets in sides
    )
    return EncodedPairs(*sentences, label), vocabulary


def _read(
    pairs: Iterable[Pair], tokenize: Tokenizer
) -> tuple[dict[str, int], list[tuple[np.ndarray, np.ndarray]], np.ndarray]:
    """Words, numbered as they come; premises and hypotheses; labels."""
    numbers: dict[str, int] = {}

    @functools.lru_cache(_REMEMBERED)
    def numbered(text: str) -> array.array:
        words = tokenize(text)
        return array.array(
            "i", [numbers.setdefault(word, len(numbers)) for word in words]
        )

    sides = [(array.array("i"), array.array("q", [0])) for _ in range(2)]
    labels = array.array("i")
    for pair in pairs:
        for text, (ids, offsets) in zip(pair, sides):
            ids.extend(numbered(text))
            offsets.append(len(ids))
        labels.append(pair.label)
    sides = [(np.asarray(ids), np.asarray(ends)) for ids, ends in sides]
    return numbers, sides, np.asarray(labels)


def _sentences(
    ids: np.ndarray, offsets: np.ndarray, max_length: int
) -> Sentences:
    """Sentences without their ends, and with a word where they have none."""
    lengths = np.diff(offsets)
    if max_length:
        place = np.arange(len(ids)) - np.repeat(offsets[:-1], lengths)
        ids = ids[place < max_length]
        lengths = np.minimum(lengths, max_length)
    # A sentence without words has no mean: with a word, nothing downstream
    # divides by zero.
    starts = np.cumsum(lengths) - lengths
    ids = np.insert(ids, starts[lengths == 0], UNKNOWN)
    return Sentences(ids, np.append(0, np.cumsum(np.maximum(lengths, 1))))

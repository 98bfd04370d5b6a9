"""Pairs as arrays of numbers.

550,000 pairs of SNLI are 12 million words: 50 MB here, and more than a
gigabyte as Python lists.
"""

from __future__ import annotations

import array
import dataclasses
import functools
from collections.abc import Callable, Collection, Iterable

import numpy as np

from tfgen.errors import UserError
from tfgen.nli.pairs import Pair, in_order
from tfgen.nli.tally import Tally
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
      labels: their names.
    """

    premise: Sentences
    hypothesis: Sentences
    label: np.ndarray
    labels: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.label)


def encode(
    pairs: Iterable[Pair],
    tokenize: Tokenizer,
    vocabulary: Vocabulary | None = None,
    max_length: int = 0,
    min_count: int = 1,
    labels: tuple[str, ...] = (),
    tally: Tally | None = None,
    others: Collection[str] = (),
    more: Collection[str] = (),
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
      labels: in the order of their numbers; without any, those of the pairs
        and `others`, see `pairs.in_order`.
      tally: counts pairs, sentences that are empty or cut, and unknown words.
      others: labels that other pairs have, when all of these have been read.
      more: words that a new vocabulary has besides, after the pairs' own.

    Raises:
      UserError: a label is not one of `labels`.
    """
    numbers, names, sides, label = _read(pairs, tokenize)
    labels = labels or in_order({*names, *others})
    if unknown := names.keys() - set(labels):
        raise UserError(
            f"labels: {', '.join(sorted(unknown)):.200}; expected"
            f" {', '.join(labels):.200}."
        )
    place = {name: i for i, name in enumerate(labels)}
    label = np.array([place[name] for name in names], np.int32)[label]
    if vocabulary is None:
        size = len(numbers)
        frequency = sum(np.bincount(ids, minlength=size) for ids, _ in sides)
        kept = (
            (-frequency[i], word)
            for word, i in numbers.items()
            if frequency[i] >= min_count and word not in SPECIAL
        )
        own = [word for _, word in sorted(kept)]
        vocabulary = Vocabulary(
            [*own, *sorted({*more}.difference(own, SPECIAL))]
        )
    id_of = np.array(vocabulary.encode(numbers), np.int32)
    if tally:
        _count(tally, sides, max_length, id_of, [*numbers])
    sentences = (
        _sentences(id_of[ids], offsets, max_length) for ids, offsets in sides
    )
    return EncodedPairs(*sentences, label, labels), vocabulary


def _count(tally, sides, max_length, id_of, words) -> None:
    """Counts what `encode` did, over all its calls of a `Tally`."""
    for name, (ids, offsets) in zip(("premise", "hypothesis"), sides):
        lengths = np.diff(offsets)
        for what, which in (
            ("empty sentences", lengths == 0),
            ("sentences cut", lengths > (max_length or np.inf)),
        ):
            if count := int(which.sum()):
                pair = tally.read + int(which.argmax()) + 1
                tally.add(what, f"the {name} of pair {pair:,}", count)
        unknown = ids[id_of[ids] == UNKNOWN]
        if len(unknown):
            tally.add("unknown words", repr(words[unknown[0]]), len(unknown))
    tally.read += len(offsets) - 1


def _read(
    pairs: Iterable[Pair], tokenize: Tokenizer
) -> tuple[
    dict[str, int],
    dict[str, int],
    list[tuple[np.ndarray, np.ndarray]],
    np.ndarray,
]:
    """Words; labels; premises and hypotheses; numbers of the labels.

    Words and labels are numbered as they come.
    """
    numbers: dict[str, int] = {}
    names: dict[str, int] = {}

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
        labels.append(names.setdefault(pair.label, len(names)))
    sides = [(np.asarray(ids), np.asarray(ends)) for ids, ends in sides]
    return numbers, names, sides, np.asarray(labels)


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

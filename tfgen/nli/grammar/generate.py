"""Splits of pairs, written by the grammar."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple

from tfgen.errors import UserError
from tfgen.nli.grammar.draw import Draw
from tfgen.nli.grammar.english import Sentence, english
from tfgen.nli.grammar.quantified import Quantified
from tfgen.nli.grammar.scene import Scenes
from tfgen.nli.pairs import LABELS, Pair

_P_QUANTIFIED = 0.3
# After so many draws in a row without a new pair, there are none left.
_PATIENCE = 20_000
_PREMISE_WORDS = (8, 9, 10, 11, 12, 13, 14, 15, 16)
_TRIES = 10  # for one label's premise


class MeantPair(NamedTuple):
    """A pair and what it means.

    Attributes:
      premise: what the first sentence means.
      hypothesis: what the second means.
      pair: their words and the label.
    """

    premise: Sentence
    hypothesis: Sentence
    pair: Pair


def written(split: str, seed: int) -> Iterator[MeantPair]:
    """Returns distinct pairs without end.

    Three in a row have one hypothesis and the three labels, in random order.

    Args:
      split: "train", "validation" or "test".
      seed: other seeds give other pairs of the same combinations.
    """
    draw = Draw(split, seed)
    scenes, quantified = Scenes(draw), Quantified(draw)
    seen: set[tuple[str, str]] = set()
    failures = 0
    while failures < _PATIENCE:
        failures += 1
        writer = quantified if draw.chance(_P_QUANTIFIED) else scenes
        hypothesis = writer.hypothesis()
        triple = hypothesis and _triple(draw, writer, hypothesis)
        if not triple:
            continue
        texts = {w.pair[:2] for w in triple}
        if len(texts) < len(triple) or texts & seen:
            continue
        seen |= texts
        failures = 0
        yield from draw.shuffled(triple)


def _triple(
    draw: Draw, writer: Scenes | Quantified, hypothesis: Sentence
) -> list[MeantPair] | None:
    """Three pairs of one hypothesis, or None if they were not found.

    Each of the three premises lacks the same number of its words, so that this
    number says nothing about the label.
    """
    second = english(hypothesis)
    asked = _words(second)
    target = draw.pick(_PREMISE_WORDS)
    triple: list[MeantPair] = []
    lacking = None
    for label in draw.shuffled(range(len(LABELS))):
        for _ in range(_TRIES):
            premise = writer.premise(hypothesis, label)
            if premise is None:
                continue
            # What is added can bring words back, but loses none.
            if lacking and len(asked - _words(english(premise))) < lacking:
                continue
            premise = writer.finish(premise, hypothesis, target)
            first = english(premise)
            n = len(asked - _words(first))
            if lacking in (None, n):
                lacking = n
                pair = Pair(first, second, LABELS[label])
                triple.append(MeantPair(premise, hypothesis, pair))
                break
        else:
            return None
    return triple


def _words(text: str) -> frozenset[str]:
    text = text[:-1].lower().replace(",", "").replace("n't", " n't")
    return frozenset(text.split())


def pairs(split: str, num_pairs: int, seed: int) -> Iterator[Pair]:
    """Yields pairs of a split, all of them distinct.

    The counts of the labels differ by one at most. A seed gives the same pairs
    on every machine; a smaller number of pairs are the first of a larger one.

    Args:
      split: "train", "validation" or "test".
      num_pairs: how many.
      seed: other seeds give other pairs.

    Raises:
      UserError: the grammar has fewer.
    """
    found = 0
    for w in itertools.islice(written(split, seed), num_pairs):
        found += 1
        yield w.pair
    if found < num_pairs:
        raise UserError(
            f"num_pairs={num_pairs}: the grammar has only {found} pairs of the"
            f" {split} split."
        )

"""Sentence pairs and their labels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tfgen.data.source import by_name

# Those of natural language inference. The order gives the numbers; it is the
# one of TFDS's `snli`.
LABELS = ("entailment", "neutral", "contradiction")
ENTAILMENT, NEUTRAL, CONTRADICTION = range(len(LABELS))


class Pair(NamedTuple):
    """A premise, a hypothesis, and what the first says about the second.

    Attributes:
      premise: text, or tokens joined by single spaces.
      hypothesis: likewise.
      label: its name; "" if it is not known.
    """

    premise: str
    hypothesis: str
    label: str = ""


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Returns labels in the order that gives their numbers.

    Those of NLI are in the order of `LABELS`, numbers in theirs, and others in
    the order of their code points, whatever the order of the rows is.

    Args:
      names: of labels.
    """
    names = set(names)
    if names <= set(LABELS):
        return tuple(name for name in LABELS if name in names)
    return by_name(names)

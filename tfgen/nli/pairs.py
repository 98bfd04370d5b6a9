"""Sentence pairs and their labels."""

from __future__ import annotations

from typing import NamedTuple

# The order gives the numbers; it is the one of TFDS's `snli`.
LABELS = ("entailment", "neutral", "contradiction")
ENTAILMENT, NEUTRAL, CONTRADICTION = range(len(LABELS))


class Pair(NamedTuple):
    """A premise, a hypothesis, and what the first says about the second.

    Attributes:
      premise: text, or tokens joined by single spaces.
      hypothesis: likewise.
      label: an index of `LABELS`.
    """

    premise: str
    hypothesis: str
    label: int

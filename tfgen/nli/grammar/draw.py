"""Random choices, and who may do what in which split."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import TypeVar

from tfgen.data.keys import key
from tfgen.data.source import split_of
from tfgen.nli.grammar.verbs import VERBS

T = TypeVar("T")


class Draw:
    """A split's random choices, which a seed fixes.

    Every combination of an agent and a verb belongs to one split, by a hash.
    The hypotheses of a split use its own combinations, and so do all clauses of
    the training split's premises. Premises of the other splits may use any.

    Attributes:
      own: verb -> the agents that the split owns it with.
      agents: verb -> who may do it in a premise.
    """

    def __init__(self, split: str, seed: int):
        # Of `Random`, only `random` gives the same numbers in every version.
        self._random = random.Random(key("nli_grammar", split, seed)).random
        self.own: dict[str, tuple[str, ...]] = {}
        self.agents: dict[str, frozenset[str]] = {}
        for verb, forms in VERBS.items():
            own = tuple(
                noun
                for noun in forms.agents
                if split_of("nli_grammar", noun, verb) == split
            )
            if own:
                self.own[verb] = own
            free = own if split == "train" else forms.agents
            self.agents[verb] = frozenset(free)

    def pick(self, options: Sequence[T]) -> T:
        """Returns one of the options, all equally likely."""
        return options[int(self._random() * len(options))]

    def chance(self, probability: float) -> bool:
        """Returns true with this probability."""
        return self._random() < probability

    def shuffled(self, options: Sequence[T]) -> Iterator[T]:
        """Yields the options in random order."""
        left = list(options)
        while left:
            i = int(self._random() * len(left))
            left[i], left[-1] = left[-1], left[i]
            yield left.pop()

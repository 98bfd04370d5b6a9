"""Second clauses that bring back a word which the first has lost.

"A cat is running while a boy in a *red* hat is singing": so that counting words
does not show that the hypothesis's red cat is missing.
"""

from __future__ import annotations

import functools

from tfgen.nli.grammar.adjectives import COLORS
from tfgen.nli.grammar.circumstances import (
    MANNERS_OF,
    places_of,
)
from tfgen.nli.grammar.clauses import (
    ANIMATE,
    GARMENTS,
    RELATIONAL,
    WITHOUT_OBJECT,
    adjectives,
    strangers,
)
from tfgen.nli.grammar.draw import Combinations, Draw
from tfgen.nli.grammar.english import Clause
from tfgen.nli.grammar.nouns import NOUNS, PEOPLE
from tfgen.nli.grammar.verbs import (
    VERBS,
)


class Decoys:
    """Writes second clauses of one split."""

    def __init__(self, draw: Draw, combinations: Combinations):
        self._draw, self._combinations = draw, combinations

    def decoy(self, h: Clause, main: Clause, slot: str) -> Clause | None:
        """Returns what somebody else does, in the word that was lost.

        Args:
          h: the hypothesis's clause.
          main: the premise's, without a word of it.
          slot: where that word stands in the hypothesis.

        Returns:
          A second clause, or None if there is none.
        """
        draw, allows = self._draw, self._combinations.allows
        if slot in ("noun", "time"):
            return None
        taken = (h.noun, main.noun, h.onoun, main.onoun)
        others = strangers(*(n for n in taken if n))
        if slot == "verb":
            others = [n for n in others if allows(n, h.verb)]
            if not others:
                return None
            clause = Clause(draw.pick(others), h.verb)
            if VERBS[h.verb].objects:
                things = (*taken, clause.noun)
                objects = [
                    n
                    for n in VERBS[h.verb].objects
                    if all(NOUNS.excludes(n, t) for t in things if t)
                ]
                if not objects:
                    return None
                clause = clause._replace(onoun=draw.pick(objects))
        elif slot == "manner":
            verbs = [
                v for v in WITHOUT_OBJECT if h.manner in MANNERS_OF.get(v, ())
            ]
            clause = self._somebody(others, verbs)
            clause = clause and clause._replace(manner=h.manner)
        elif slot == "place":
            verbs = [v for v in WITHOUT_OBJECT if h.place in places_of(v)]
            clause = self._somebody(others, verbs)
            clause = clause and clause._replace(place=h.place)
        elif slot == "onoun":
            if h.onoun in ANIMATE or h.odet == "the":
                return None
            clause = self._somebody(others, _takers(h.onoun))
            clause = clause and clause._replace(onoun=h.onoun)
        elif slot == "garment":
            people = [n for n in others if n in PEOPLE]
            clause = self._somebody(people, WITHOUT_OBJECT)
            clause = clause and clause._replace(
                color=h.color, garment=h.garment
            )
        else:
            adj = getattr(h, slot)
            fitting = [n for n in others if adj in adjectives("", n, False)]
            if fitting:
                clause = self._somebody(fitting, WITHOUT_OBJECT)
                clause = clause and clause._replace(adj=adj)
            elif adj in COLORS:
                people = [n for n in others if n in PEOPLE]
                clause = self._somebody(people, WITHOUT_OBJECT)
                clause = clause and clause._replace(
                    color=adj, garment=draw.pick(GARMENTS)
                )
            else:
                return None
        return clause and clause._replace(agent="z", patient="u", event="d")

    def _somebody(self, others, verbs) -> Clause | None:
        if not others or not verbs:
            return None
        for _ in range(5):
            noun, verb = self._draw.pick(others), self._draw.pick(verbs)
            if self._combinations.allows(noun, verb):
                return Clause(noun, verb)
        return None


@functools.cache
def _takers(noun: str) -> tuple[str, ...]:
    """Verbs that are done to a thing."""
    return tuple(
        v.name
        for v in VERBS.values()
        if noun in v.objects and v.name not in RELATIONAL
    )

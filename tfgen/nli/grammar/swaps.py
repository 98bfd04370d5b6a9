"""Changes of one word that decide a label.

Entailment: a hyponym stands in the premise. Neutral: a hypernym, something
unrelated, or nothing. Contradiction: something that excludes it.
"""

from __future__ import annotations

import functools

from tfgen.nli.grammar.adjectives import COLORS, PROPERTIES, RELATIVE
from tfgen.nli.grammar.circumstances import (
    MANNERS,
    MANNERS_OF,
    PLACES,
    TIMES,
    places_of,
)
from tfgen.nli.grammar.clauses import (
    ANIMATE,
    GARMENTS,
    adjectives,
    unrelated,
)
from tfgen.nli.grammar.draw import Combinations, Draw
from tfgen.nli.grammar.english import Clause
from tfgen.nli.grammar.nouns import NOUNS, OCCUPATIONS, PEOPLE
from tfgen.nli.grammar.verbs import (
    ACTIONS,
    VERBS,
    compatible,
)
from tfgen.nli.pairs import CONTRADICTION, ENTAILMENT, NEUTRAL

# Sets of words that a slot's change draws from, by label.
_SEX = ("man", "woman")


@functools.cache
def _noun_options(noun: str, label: int) -> tuple[str, ...]:
    if label == ENTAILMENT:
        return NOUNS.down[noun]
    if label == NEUTRAL:
        if noun in OCCUPATIONS:
            return (*NOUNS.up[noun], *_SEX)
        if noun in _SEX:
            return (*NOUNS.up[noun], *sorted(OCCUPATIONS))
        return NOUNS.up[noun]
    same_kind = (noun in PEOPLE, noun in ANIMATE)
    return tuple(
        other
        for other in NOUNS.excluded[noun]
        if (other in PEOPLE, other in ANIMATE) == same_kind
    )


@functools.cache
def _verb_options(verb: str, label: int) -> tuple[str, ...]:
    frame = bool(VERBS[verb].objects)
    if label == ENTAILMENT:
        options = ACTIONS.down[verb]
    elif label == NEUTRAL:
        # One in two is a hypernym, if there are any.
        other = tuple(v for v in VERBS if compatible(v, verb))
        up = ACTIONS.up[verb]
        options = (*up * (len(other) // 2 if up else 0), *other)
    else:
        options = ACTIONS.excluded[verb]
    return tuple(v for v in options if bool(VERBS[v].objects) == frame)


class Swaps:
    """Changes words in clauses of one split."""

    def __init__(self, draw: Draw, combinations: Combinations):
        self._draw, self._combinations = draw, combinations

    def swap(self, h: Clause, slot: str, label: int) -> Clause | None:
        """Changes what a slot says.

        Args:
          h: a clause of a hypothesis.
          slot: "noun", "verb", "onoun", "adj", "oadj", "garment", "manner",
            "place" or "time"; it is not empty.
          label: what the hypothesis is to the new clause, by this change alone.

        Returns:
          The clause of a premise, or None if no word will do.
        """
        if slot in ("noun", "onoun"):
            return self._swap_noun(h, slot, label)
        if slot == "verb":
            return self._swap_verb(h, label)
        if slot in ("adj", "oadj"):
            return self._swap_adjective(h, slot, label)
        if slot == "garment":
            return self._swap_garment(h, label)
        return self._swap_circumstance(h, slot, label)

    def _swap_noun(self, h: Clause, slot: str, label: int) -> Clause | None:
        verb, noun = VERBS[h.verb], getattr(h, slot)
        adj = h.adj if slot == "noun" else h.oadj
        if label == ENTAILMENT and adj in RELATIVE:
            return None
        if slot == "noun":
            other = h.onoun
            options = [
                n
                for n in _noun_options(noun, label)
                if self._combinations.allows(n, h.verb)
                and not (h.garment and n not in PEOPLE)
            ]
        else:
            other = h.noun
            options = [
                n for n in _noun_options(noun, label) if n in verb.objects
            ]
        # Two people or animals are told apart by their nouns.
        options = [
            n
            for n in options
            if (not adj or adj in adjectives(h.verb, n, slot == "onoun"))
            and not (
                {n, other} <= set(ANIMATE) and not NOUNS.excludes(n, other)
            )
        ]
        if not options:
            return None
        return h._replace(**{slot: self._draw.pick(options)})

    def _swap_verb(self, h: Clause, label: int) -> Clause | None:
        if h.manner and label == ENTAILMENT:
            return None
        options = [
            v
            for v in _verb_options(h.verb, label)
            if self._combinations.allows(h.noun, v)
            and (not h.onoun or h.onoun in VERBS[v].objects)
        ]
        if not options:
            return None
        verb = self._draw.pick(options)
        manner = h.manner if h.manner in MANNERS_OF.get(verb, ()) else ""
        place = h.place
        if place and place not in places_of(verb):
            return None
        oadj = h.oadj
        if oadj and oadj not in adjectives(verb, h.onoun, True):
            return None
        return h._replace(verb=verb, manner=manner)

    def _swap_adjective(self, h: Clause, slot: str, label: int):
        is_object = slot == "oadj"
        noun, adj = (h.onoun, h.oadj) if is_object else (h.noun, h.adj)
        if label == ENTAILMENT:
            options = PROPERTIES.down[adj]
        elif label == NEUTRAL:
            # Nothing, a hypernym or something unrelated, as often.
            options = self._draw.pick(
                (
                    ("",),
                    PROPERTIES.up[adj],
                    unrelated(h.verb, noun, is_object, adj),
                )
            )
        else:
            options = PROPERTIES.excluded[adj]
        fitting = adjectives(h.verb, noun, is_object)
        options = [a for a in options if not a or a in fitting]
        if not options:
            return None
        return h._replace(**{slot: self._draw.pick(options)})

    def _swap_garment(self, h: Clause, label: int) -> Clause | None:
        draw = self._draw
        if label == ENTAILMENT:
            options = PROPERTIES.down[h.color]
        elif label == CONTRADICTION:
            options = tuple(
                c for c in PROPERTIES.excluded[h.color] if c in COLORS
            )
        elif draw.chance(0.5):
            other = [g for g in GARMENTS if NOUNS.excludes(g, h.garment)]
            return h._replace(garment=draw.pick(other))
        else:
            options = ("", *PROPERTIES.up[h.color])
        return h._replace(color=draw.pick(options)) if options else None

    def _swap_circumstance(self, h: Clause, slot: str, label: int):
        table = {"manner": MANNERS, "place": PLACES, "time": TIMES}[slot]
        word = getattr(h, slot)
        if label == ENTAILMENT:
            options = table.down[word]
        elif label == NEUTRAL:
            options = ("", *table.up[word] * 2)
        else:
            options = table.excluded[word]
        if slot == "place":
            fitting = places_of(h.verb)
            options = [p for p in options if not p or p in fitting]
        if not options:
            return None
        return h._replace(**{slot: self._draw.pick(options)})

    def wider(self, h: Clause, slot: str) -> Clause | None:
        """Says less in a slot: a hypernym, or nothing."""
        if slot == "verb":
            up = [
                v
                for v in ACTIONS.up[h.verb]
                if self._combinations.allows(h.noun, v)
            ]
        elif slot == "onoun":
            up = [n for n in NOUNS.up[h.onoun] if n in VERBS[h.verb].objects]
        else:
            table = PLACES if slot == "place" else MANNERS
            up = ["", *table.up[getattr(h, slot)]]
        return h._replace(**{slot: self._draw.pick(up)}) if up else None

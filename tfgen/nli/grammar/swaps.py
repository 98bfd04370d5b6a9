"""Changes of one word that decide a label.

Entailment: a hyponym stands in the premise. Neutral: a hypernym, something
unrelated, or nothing. Contradiction: something that excludes it.
"""

from __future__ import annotations

import functools

from tfgen.nli.grammar.adjectives import PROPERTIES, RELATIVE, adjectives
from tfgen.nli.grammar.circumstances import (
    MANNERS,
    MANNERS_OF,
    PLACES,
    TIMES,
    places_of,
)
from tfgen.nli.grammar.clauses import GARMENTS, one_of
from tfgen.nli.grammar.draw import Draw
from tfgen.nli.grammar.english import Clause
from tfgen.nli.grammar.nouns import ANIMATE, NOUNS, OCCUPATIONS, PEOPLE
from tfgen.nli.grammar.relations import Relations
from tfgen.nli.grammar.verbs import ACTIONS, VERBS, compatible
from tfgen.nli.pairs import CONTRADICTION, ENTAILMENT, NEUTRAL

_SEX = ("man", "woman")


def swap(draw: Draw, h: Clause, slot: str, label: int) -> Clause | None:
    """Changes what a slot says.

    Args:
      draw: chooses.
      h: a clause of a hypothesis.
      slot: "noun", "verb", "onoun", "adj", "oadj", "garment", "manner",
        "place" or "time"; it is not empty.
      label: what the hypothesis is to the new clause, by this change alone.

    Returns:
      The clause of a premise, or None if no word fits.
    """
    if slot in ("noun", "onoun"):
        return _swap_noun(draw, h, slot, label)
    if slot == "verb":
        return _swap_verb(draw, h, label)
    if slot in ("adj", "oadj"):
        return _swap_adjective(draw, h, slot, label)
    if slot == "garment":
        return _swap_garment(draw, h, label)
    return _swap_circumstance(draw, h, slot, label)


def wider(draw: Draw, h: Clause, slot: str) -> Clause | None:
    """Says less in a slot: a hypernym, or nothing."""
    if slot == "verb":
        up = [v for v in ACTIONS.up[h.verb] if draw.allows(h.noun, v)]
    elif slot == "onoun":
        up = [n for n in NOUNS.up[h.onoun] if n in VERBS[h.verb].objects]
    else:
        table = PLACES if slot == "place" else MANNERS
        up = ["", *table.up[getattr(h, slot)]]
    return one_of(draw, h, slot, up)


def _related(table: Relations, word: str, label: int) -> tuple[str, ...]:
    """Words in whose place a word has this label."""
    by_label = {
        ENTAILMENT: table.down,
        NEUTRAL: table.up,
        CONTRADICTION: table.excluded,
    }
    return by_label[label][word]


@functools.cache
def _noun_options(noun: str, label: int) -> tuple[str, ...]:
    options = _related(NOUNS, noun, label)
    if label == NEUTRAL and noun in OCCUPATIONS:
        return (*options, *_SEX)
    if label == NEUTRAL and noun in _SEX:
        return (*options, *sorted(OCCUPATIONS))
    if label == CONTRADICTION:
        same_kind = (noun in PEOPLE, noun in ANIMATE)
        return tuple(
            other
            for other in options
            if (other in PEOPLE, other in ANIMATE) == same_kind
        )
    return options


@functools.cache
def _verb_options(verb: str, label: int) -> tuple[str, ...]:
    options = _related(ACTIONS, verb, label)
    if label == NEUTRAL:
        # One in two is a hypernym, if there are any.
        other = tuple(v for v in VERBS if compatible(v, verb))
        options = (*options * (len(other) // 2), *other)
    frame = bool(VERBS[verb].objects)
    return tuple(v for v in options if bool(VERBS[v].objects) == frame)


@functools.cache
def _unrelated(verb: str, noun: str, is_object: bool, adj: str) -> tuple:
    """Adjectives that say nothing of `adj`."""
    return tuple(
        other
        for other in adjectives(verb, noun, is_object)
        if PROPERTIES.independent(other, adj)
    )


def _swap_noun(draw: Draw, h: Clause, slot: str, label: int) -> Clause | None:
    is_object = slot == "onoun"
    noun, other, adj = h.noun, h.onoun, h.adj
    if is_object:
        noun, other, adj = h.onoun, h.noun, h.oadj
    if label == ENTAILMENT and adj in RELATIVE:
        return None

    def fits(n: str) -> bool:
        if is_object:
            possible = n in VERBS[h.verb].objects
        else:
            possible = draw.allows(n, h.verb)
            possible &= not h.garment or n in PEOPLE
        if not possible or (
            adj and adj not in adjectives(h.verb, n, is_object)
        ):
            return False
        # Two people or animals are told apart by their nouns.
        return not {n, other} <= ANIMATE or NOUNS.excludes(n, other)

    return one_of(draw, h, slot, filter(fits, _noun_options(noun, label)))


def _swap_verb(draw: Draw, h: Clause, label: int) -> Clause | None:
    if h.manner and label == ENTAILMENT:
        return None
    changed = one_of(
        draw,
        h,
        "verb",
        (
            v
            for v in _verb_options(h.verb, label)
            if draw.allows(h.noun, v)
            and (not h.onoun or h.onoun in VERBS[v].objects)
        ),
    )
    if changed is None:
        return None
    verb = changed.verb
    if h.place and h.place not in places_of(verb):
        return None
    if h.oadj and h.oadj not in adjectives(verb, h.onoun, True):
        return None
    if h.manner not in MANNERS_OF.get(verb, ()):
        changed = changed._replace(manner="")
    return changed


def _swap_adjective(draw: Draw, h: Clause, slot: str, label: int):
    is_object = slot == "oadj"
    noun, adj = (h.onoun, h.oadj) if is_object else (h.noun, h.adj)
    options = _related(PROPERTIES, adj, label)
    if label == NEUTRAL:
        # Nothing, a hypernym or something unrelated, as often.
        unrelated = _unrelated(h.verb, noun, is_object, adj)
        options = draw.pick((("",), options, unrelated))
    fitting = ("", *adjectives(h.verb, noun, is_object))
    return one_of(draw, h, slot, (a for a in options if a in fitting))


def _swap_garment(draw: Draw, h: Clause, label: int) -> Clause | None:
    options = _related(PROPERTIES, h.color, label)
    if label == NEUTRAL:
        if draw.chance(0.5):
            other = (g for g in GARMENTS if NOUNS.excludes(g, h.garment))
            return one_of(draw, h, "garment", other)
        options = ("", *options)
    return one_of(draw, h, "color", options)


def _swap_circumstance(draw: Draw, h: Clause, slot: str, label: int):
    table = {"manner": MANNERS, "place": PLACES, "time": TIMES}[slot]
    options = _related(table, getattr(h, slot), label)
    if label == NEUTRAL:
        options = ("", *options * 2)
    if slot == "place":
        fitting = ("", *places_of(h.verb))
        options = (p for p in options if p in fitting)
    return one_of(draw, h, slot, options)

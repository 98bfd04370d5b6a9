"""Changes of one word that decide a label.

Entailment: a hyponym stands in the premise. Neutral: a hypernym, something
unrelated, or nothing. Contradiction: something that excludes it.
"""

from __future__ import annotations

import functools

from tfgen.nli.grammar.adjectives import PROPERTIES, RELATIVE, adjectives
from tfgen.nli.grammar.clauses import GARMENTS, one_of, related, sayable
from tfgen.nli.grammar.draw import Draw
from tfgen.nli.grammar.english import Clause
from tfgen.nli.grammar.nouns import ANIMATE, NOUNS, OCCUPATIONS, PEOPLE
from tfgen.nli.grammar.verbs import VERBS, compatible
from tfgen.nli.pairs import CONTRADICTION, ENTAILMENT, NEUTRAL

_SEX = ("man", "woman")


def swap(draw: Draw, h: Clause, slot: str, label: int) -> Clause | None:
    """Changes what a slot says.

    Args:
      draw: chooses.
      h: a clause of a hypothesis.
      slot: "noun", "verb", "onoun", "adj", "oadj", "garment", "manner",
        "place" or "time"; it is not empty.
      label: of the hypothesis after the new clause, by this change alone.

    Returns:
      The clause of a premise, or None if no word fits.
    """
    if slot in ("noun", "onoun"):
        return _swap_noun(draw, h, slot, label)
    if slot == "verb":
        return _swap_verb(draw, h, label)
    if slot == "garment":
        return _swap_garment(draw, h, label)
    options, fitting = related(h, slot, label), sayable(h, slot)
    if label == NEUTRAL and slot in ("adj", "oadj"):
        # Nothing, a hypernym or something unrelated, as often.
        unrelated = _unrelated(fitting, getattr(h, slot))
        options = draw.pick((("",), options, unrelated))
    elif label == NEUTRAL:
        options = ("", *options * 2)
    return one_of(draw, h, slot, (o for o in options if not o or o in fitting))


def wider(draw: Draw, h: Clause, slot: str) -> Clause | None:
    """Says less in a slot: a hypernym, or nothing."""
    options = related(h, slot, NEUTRAL)
    if slot == "verb":
        options = [v for v in options if h.noun in draw.agents[v]]
    elif slot == "onoun":
        options = [n for n in options if n in VERBS[h.verb].objects]
    else:
        options = ["", *options]
    return one_of(draw, h, slot, options)


@functools.cache
def _noun_options(
    noun: str, label: int, options: tuple[str, ...]
) -> tuple[str, ...]:
    if label == NEUTRAL and noun in OCCUPATIONS:
        return (*options, *_SEX)
    if label == NEUTRAL and noun in _SEX:
        return (*options, *sorted(OCCUPATIONS))
    if label == CONTRADICTION:
        return tuple(n for n in options if _kind(n) == _kind(noun))
    return options


def _kind(noun: str) -> tuple[bool, bool]:
    return noun in PEOPLE, noun in ANIMATE


@functools.cache
def _verb_options(
    verb: str, label: int, options: tuple[str, ...]
) -> tuple[str, ...]:
    if label == NEUTRAL:
        # One in two is a hypernym, if there are any.
        other = tuple(v for v in VERBS if compatible(v, verb))
        options = (*options * (len(other) // 2), *other)
    frame = bool(VERBS[verb].objects)
    return tuple(v for v in options if bool(VERBS[v].objects) == frame)


@functools.cache
def _unrelated(words: tuple[str, ...], adj: str) -> tuple[str, ...]:
    """Adjectives that say nothing of `adj`."""
    return tuple(w for w in words if PROPERTIES.independent(w, adj))


def _swap_noun(draw: Draw, h: Clause, slot: str, label: int) -> Clause | None:
    is_object = slot == "onoun"
    noun, other, adj = h.noun, h.onoun, h.adj
    possible = draw.agents[h.verb]
    if is_object:
        noun, other, adj = h.onoun, h.noun, h.oadj
        possible = VERBS[h.verb].objects
    elif h.garment:
        possible &= PEOPLE
    if label == ENTAILMENT and adj in RELATIVE:
        return None
    options = _noun_options(noun, label, related(h, slot, label))
    fitting = (
        n
        for n in options
        if n in possible
        and (not adj or adj in adjectives(h.verb, n, is_object))
        # Two people or animals are told apart by their nouns.
        and (not {n, other} <= ANIMATE or NOUNS.excludes(n, other))
    )
    return one_of(draw, h, slot, fitting)


def _swap_verb(draw: Draw, h: Clause, label: int) -> Clause | None:
    if h.manner and label == ENTAILMENT:
        return None
    changed = one_of(
        draw,
        h,
        "verb",
        (
            v
            for v in _verb_options(h.verb, label, related(h, "verb", label))
            if h.noun in draw.agents[v]
            and (not h.onoun or h.onoun in VERBS[v].objects)
        ),
    )
    if changed is None:
        return None
    for slot in ("place", "oadj"):
        if getattr(h, slot) and getattr(h, slot) not in sayable(changed, slot):
            return None
    if h.manner not in sayable(changed, "manner"):
        changed = changed._replace(manner="")
    return changed


def _swap_garment(draw: Draw, h: Clause, label: int) -> Clause | None:
    options = related(h, "color", label)
    if label == NEUTRAL:
        if draw.chance(0.5):
            other = (g for g in GARMENTS if NOUNS.excludes(g, h.garment))
            return one_of(draw, h, "garment", other)
        options = ("", *options)
    return one_of(draw, h, "color", options)

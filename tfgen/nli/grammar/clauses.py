"""What scenes and quantified sentences share: adding to a clause, and losing.

Functions return None, or the clause unchanged, where there is nothing to do.
"""

from __future__ import annotations

import functools
import itertools

from tfgen.nli.grammar.adjectives import (
    COLORS,
    PROPERTIES,
    SAID_OF,
    object_adjectives,
)
from tfgen.nli.grammar.circumstances import (
    MANNERS_OF,
    TIMES,
    places_of,
)
from tfgen.nli.grammar.draw import Combinations, Draw
from tfgen.nli.grammar.english import QUANTIFIERS, Clause, Sentence
from tfgen.nli.grammar.nouns import NOUNS, PEOPLE, members
from tfgen.nli.grammar.verbs import (
    ASYMMETRIC,
    RECIPROCAL,
    SYMMETRIC,
    VERBS,
    compatible,
)

ANIMATE = members("_animate")
GARMENTS = tuple(n for n in members("garment") if n != "garment")
RELATIONAL = ASYMMETRIC | SYMMETRIC | RECIPROCAL
WITHOUT_OBJECT = tuple(v.name for v in VERBS.values() if not v.objects)
SLOTS = ("adj", "garment", "oadj", "manner", "place", "time")


def words(sentence: Sentence) -> int:
    """Returns the number of tokens of a sentence, the period included."""
    main, second = sentence.main, sentence.second
    n = _clause_words(main) + 1 + 2 * sentence.passive
    if sentence.tail:
        n += 2 + 2 * sentence.tail_negative
    if second:
        n += _clause_words(second) + 1 + (sentence.join != "while")
    return n


def _clause_words(c: Clause) -> int:
    # A determiner, a noun, a form of "be".
    n = 3 + _VERB_WORDS[c.verb] + c.negative
    if c.det in QUANTIFIERS:
        n += QUANTIFIERS[c.det].count(" ")
    elif c.count > 1:
        n += c.det == "the"
    if c.garment:
        n += 2 + (c.count == 1 and c.det not in QUANTIFIERS) + bool(c.color)
    if c.onoun:
        n += 2 + bool(c.oadj)
    return (
        n
        + bool(c.adj)
        + bool(c.manner)
        + (c.place.count(" ") + 1 if c.place else 0)
        + (c.time.count(" ") + 1 if c.time else 0)
    )


_VERB_WORDS = {verb.name: verb.ing.count(" ") + 1 for verb in VERBS.values()}


@functools.cache
def victims(verb: str, agent: str) -> tuple[str, ...]:
    """Returns people and animals that cannot be taken for the agent."""
    return tuple(
        noun
        for noun in VERBS[verb].objects
        if noun in ANIMATE and NOUNS.excludes(noun, agent)
    )


def strangers(*nouns: str) -> tuple[str, ...]:
    """Returns people and animals that can be taken for none of `nouns`."""
    return _strangers(frozenset(nouns) & _ANIMATE)


_ANIMATE = frozenset(ANIMATE)


@functools.cache
def _strangers(nouns: frozenset[str]) -> tuple[str, ...]:
    return tuple(
        stranger for stranger in ANIMATE if not nouns - _APART[stranger]
    )


_APART = {noun: frozenset(NOUNS.excluded[noun]) for noun in NOUNS.up}


@functools.cache
def _things(verb: str) -> tuple[str, ...]:
    return tuple(n for n in VERBS[verb].objects if n not in _ANIMATE)


@functools.cache
def tails(verb: str) -> tuple[str, ...]:
    """Returns verbs without object that say nothing of `verb`."""
    return tuple(v for v in WITHOUT_OBJECT if compatible(v, verb))


@functools.cache
def adjectives(verb: str, noun: str, is_object: bool) -> tuple[str, ...]:
    """Returns the adjectives of a subject or an object."""
    return object_adjectives(verb, noun) if is_object else SAID_OF[noun]


@functools.cache
def unrelated(verb: str, noun: str, is_object: bool, adj: str) -> tuple:
    """Returns adjectives that say nothing of `adj`."""
    return tuple(
        other
        for other in adjectives(verb, noun, is_object)
        if PROPERTIES.independent(other, adj)
    )


def wears(noun: str) -> bool:
    """Returns whether one may say what such a one wears."""
    return noun in PEOPLE


def add(draw: Draw, clause: Clause, slot: str) -> Clause:
    """Says more in a slot that is empty."""
    if slot == "garment":
        if clause.garment or not wears(clause.noun):
            return clause
        return clause._replace(
            color=draw.pick(COLORS), garment=draw.pick(GARMENTS)
        )
    if getattr(clause, slot):
        return clause
    if slot == "adj":
        options = adjectives(clause.verb, clause.noun, False)
    elif slot == "oadj":
        if not clause.onoun:
            return clause
        options = adjectives(clause.verb, clause.onoun, True)
    elif slot == "manner":
        options = MANNERS_OF.get(clause.verb, ())
    elif slot == "place":
        options = places_of(clause.verb)
    else:
        options = tuple(TIMES.up)
    if not options:
        return clause
    return clause._replace(**{slot: draw.pick(options)})


def with_object(draw: Draw, clause: Clause) -> Clause | None:
    """Gives a clause whose verb needs one an object."""
    verb = VERBS[clause.verb]
    if not verb.objects:
        return clause
    options = verb.objects
    if clause.verb in RELATIONAL:
        things = _things(clause.verb)
        options = victims(clause.verb, clause.noun)
        if things and draw.chance(0.3):
            options = things
    return clause._replace(onoun=draw.pick(options)) if options else None


def meanwhile(
    draw: Draw, combinations: Combinations, taken: tuple[str, ...]
) -> Clause | None:
    """Returns what somebody else is doing.

    Args:
      draw: chooses.
      combinations: of the split.
      taken: nouns of the pair; the subject cannot be one of them.
    """
    others = strangers(*taken)
    if not others:
        return None
    for _ in range(4):
        noun = draw.pick(others)
        verb = draw.pick(_VERB_NAMES)
        if not combinations.allows(noun, verb):
            continue
        clause = Clause(
            noun,
            verb,
            count=draw.pick((1, 1, 1, 2, 3)),
            agent="z",
            patient="u",
            event="d",
        )
        if not VERBS[verb].objects:
            return clause
        # Its object is none of the pair's things either.
        things = frozenset((*taken, noun))
        for onoun in itertools.islice(draw.shuffled(VERBS[verb].objects), 6):
            if not things - _APART[onoun]:
                return clause._replace(onoun=onoun)
    return None


_VERB_NAMES = tuple(VERBS)

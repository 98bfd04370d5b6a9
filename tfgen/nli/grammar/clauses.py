"""What scenes and quantified sentences share: saying more, or something else.

Functions return None, or the clause unchanged, where there is nothing to do.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Sequence

from tfgen.nli.grammar.adjectives import COLORS, PROPERTIES, adjectives
from tfgen.nli.grammar.circumstances import (
    CIRCUMSTANCES,
    MANNERS,
    PLACES,
    TIMES,
)
from tfgen.nli.grammar.draw import Draw
from tfgen.nli.grammar.english import Clause, Sentence, words
from tfgen.nli.grammar.nouns import ANIMATE, NOUNS, PEOPLE
from tfgen.nli.grammar.verbs import (
    ACTIONS,
    ASYMMETRIC,
    RECIPROCAL,
    SYMMETRIC,
    VERBS,
    compatible,
)

GARMENTS = NOUNS.down["garment"]
RELATIONAL = ASYMMETRIC | SYMMETRIC | RECIPROCAL
WITHOUT_OBJECT = tuple(v for v in VERBS if not VERBS[v].objects)
SLOTS = ("adj", "garment", "oadj", "manner", "place", "time")

_TABLES = {
    "noun": NOUNS,
    "onoun": NOUNS,
    "verb": ACTIONS,
    "adj": PROPERTIES,
    "oadj": PROPERTIES,
    "color": PROPERTIES,
    "manner": MANNERS,
    "place": PLACES,
    "time": TIMES,
}
EXCLUDED = {noun: frozenset(NOUNS.excluded[noun]) for noun in NOUNS.up}
_VERB_NAMES = tuple(VERBS)


def nouns_of(*clauses: Clause) -> frozenset[str]:
    """Returns the nouns of subjects and objects."""
    nouns = itertools.chain(*((c.noun, c.onoun) for c in clauses))
    return frozenset(filter(None, nouns))


def strangers(nouns: frozenset[str]) -> tuple[str, ...]:
    """Returns people and animals that cannot be any of `nouns`."""
    return _strangers(nouns & ANIMATE)


@functools.cache
def _strangers(nouns: frozenset[str]) -> tuple[str, ...]:
    return tuple(n for n in NOUNS.down["_animate"] if nouns <= EXCLUDED[n])


@functools.cache
def besides(verb: str) -> tuple[str, ...]:
    """Returns verbs without object that say nothing about `verb`."""
    return tuple(v for v in WITHOUT_OBJECT if compatible(v, verb))


def related(clause: Clause, slot: str, label: int) -> tuple[str, ...]:
    """Returns words that give what a slot says this label.

    A hyponym entails it, a hypernym leaves it open, others exclude it.
    """
    table = _TABLES[slot]
    words_of = (table.down, table.up, table.excluded)[label]
    return words_of.get(getattr(clause, slot), ())


def sayable(clause: Clause, slot: str) -> tuple[str, ...]:
    """Returns adjectives of a clause's noun or circumstances of its verb."""
    if slot in CIRCUMSTANCES:
        return CIRCUMSTANCES[slot][clause.verb]
    is_object = slot == "oadj"
    noun = clause.onoun if is_object else clause.noun
    return adjectives(clause.verb, noun, is_object) if noun else ()


def one_of(
    draw: Draw, clause: Clause, slot: str, options: Iterable[str]
) -> Clause | None:
    """Puts one of the options into a slot, whatever was there."""
    options = tuple(options)
    return clause._replace(**{slot: draw.pick(options)}) if options else None


def add(draw: Draw, clause: Clause, slot: str) -> Clause:
    """Fills a slot if it is empty."""
    if getattr(clause, slot):
        return clause
    if slot == "garment":
        if clause.noun not in PEOPLE:
            return clause
        color = draw.pick(COLORS)
        return clause._replace(color=color, garment=draw.pick(GARMENTS))
    return one_of(draw, clause, slot, sayable(clause, slot)) or clause


def fill(
    draw: Draw,
    sentence: Sentence,
    slots: Sequence[str],
    target: int,
    part: str = "main",
) -> Sentence:
    """Adds to a sentence's first clause, or its "second".

    Args:
      draw: chooses.
      sentence: is added to.
      slots: are filled in random order.
      target: stops at so many words.
      part: "main" or "second".
    """
    for slot in draw.shuffled(slots):
        if words(sentence) >= target:
            break
        changed = add(draw, getattr(sentence, part), slot)
        sentence = sentence._replace(**{part: changed})
    return sentence


def with_object(draw: Draw, clause: Clause) -> Clause | None:
    """Adds an object if the verb takes one."""
    if not VERBS[clause.verb].objects:
        return clause
    options, things = _objects(clause.verb, clause.noun)
    if things and draw.chance(0.3):
        options = things
    return one_of(draw, clause, "onoun", options)


@functools.cache
def _objects(verb: str, agent: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Objects that cannot be the agent, and things."""
    objects = VERBS[verb].objects
    if verb not in RELATIONAL:
        return objects, ()
    alive = (n for n in objects if n in ANIMATE and NOUNS.excludes(n, agent))
    return tuple(alive), tuple(n for n in objects if n not in ANIMATE)


def meanwhile(draw: Draw, *clauses: Clause) -> Clause | None:
    """Returns a clause about somebody of whom the others do not speak."""
    taken = nouns_of(*clauses)
    others = strangers(taken)
    if not others:
        return None
    for _ in range(4):
        noun, verb = draw.pick(others), draw.pick(_VERB_NAMES)
        if noun not in draw.agents[verb]:
            continue
        count = draw.pick((1, 1, 1, 2, 3))
        clause = Clause(noun, verb, count=count).of_another()
        objects = VERBS[verb].objects
        if not objects:
            return clause
        # Its object is none of the pair's things either.
        things = taken | {noun}
        for onoun in itertools.islice(draw.shuffled(objects), 6):
            if things <= EXCLUDED[onoun]:
                return clause._replace(onoun=onoun)
    return None

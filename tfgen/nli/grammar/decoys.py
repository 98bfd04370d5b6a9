"""Second clauses that bring back a word that the first has lost.

"A cat is running while a boy in a *red* hat is singing": so that counting words
does not show that the hypothesis's red cat is missing.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

from tfgen.nli.grammar.adjectives import COLORS, SAID_OF
from tfgen.nli.grammar.circumstances import CIRCUMSTANCES
from tfgen.nli.grammar.clauses import (
    EXCLUDED,
    GARMENTS,
    RELATIONAL,
    WITHOUT_OBJECT,
    nouns_of,
    one_of,
    strangers,
)
from tfgen.nli.grammar.draw import Draw
from tfgen.nli.grammar.english import Clause
from tfgen.nli.grammar.nouns import ANIMATE, PEOPLE
from tfgen.nli.grammar.verbs import VERBS


def decoy(draw: Draw, h: Clause, main: Clause, slot: str) -> Clause | None:
    """Returns a clause about somebody else, with the word that was lost.

    Args:
      draw: chooses.
      h: the hypothesis's clause.
      main: the premise's, without a word of it.
      slot: where that word stands in the hypothesis.

    Returns:
      A second clause, or None if there is none.
    """
    taken = nouns_of(h, main)
    others = strangers(taken)
    people = [n for n in others if n in PEOPLE]
    word = getattr(h, slot)
    if slot == "verb":
        return _another(draw, taken, others, word)
    if slot in ("manner", "place"):
        said_of = CIRCUMSTANCES[slot]
        verbs = [v for v in WITHOUT_OBJECT if word in said_of[v]]
        return _somebody(draw, others, verbs, **{slot: word})
    if slot == "onoun" and word not in ANIMATE and h.odet != "the":
        return _somebody(draw, others, _takers(word), onoun=word)
    if slot == "garment":
        said = {"color": h.color, "garment": word}
        return _somebody(draw, people, WITHOUT_OBJECT, **said)
    if slot in ("adj", "oadj"):
        fitting = [n for n in others if word in SAID_OF[n]]
        if fitting:
            return _somebody(draw, fitting, WITHOUT_OBJECT, adj=word)
        if word in COLORS:
            clause = _somebody(draw, people, WITHOUT_OBJECT, color=word)
            return clause and one_of(draw, clause, "garment", GARMENTS)
    return None


def _another(draw, taken, others, verb: str) -> Clause | None:
    """Somebody who does the same, to something else."""
    others = [n for n in others if n in draw.agents[verb]]
    if not others:
        return None
    clause = Clause(draw.pick(others), verb).of_another()
    objects = VERBS[verb].objects
    if not objects:
        return clause
    things = taken | {clause.noun}
    options = (n for n in objects if things <= EXCLUDED[n])
    return one_of(draw, clause, "onoun", options)


def _somebody(
    draw: Draw, others: Sequence[str], verbs: Sequence[str], **said: str
) -> Clause | None:
    if not others or not verbs:
        return None
    for _ in range(5):
        noun, verb = draw.pick(others), draw.pick(verbs)
        if noun in draw.agents[verb]:
            return Clause(noun, verb, **said).of_another()
    return None


@functools.cache
def _takers(noun: str) -> tuple[str, ...]:
    """Verbs that are done to a thing."""
    return tuple(
        v for v in VERBS if noun in VERBS[v].objects and v not in RELATIONAL
    )

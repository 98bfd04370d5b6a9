"""Pairs about how many: all, most, some, at least two, no.

A hypothesis is `quantifier, restrictor, scope`: "most (big dogs) (are running
in the park)". A premise has a quantifier of its own, and a restrictor and a
scope that are the same, narrower, wider or exclusive. The label comes from
`quantifiers.quantifier_table`, which looks at models.
"""

from __future__ import annotations

import functools

from tfgen.nli.grammar.adjectives import RELATIVE, SAID_OF, adjectives
from tfgen.nli.grammar.circumstances import CIRCUMSTANCES
from tfgen.nli.grammar.clauses import (
    RELATIONAL,
    add,
    fill,
    meanwhile,
    one_of,
    related,
    with_object,
)
from tfgen.nli.grammar.draw import Draw
from tfgen.nli.grammar.english import Clause, Sentence, words
from tfgen.nli.grammar.nouns import ANIMATE
from tfgen.nli.grammar.quantifiers import (
    APART,
    EQUAL,
    NAMES,
    NARROWER,
    WIDER,
    quantifier_table,
)
from tfgen.nli.grammar.verbs import VERBS
from tfgen.nli.pairs import CONTRADICTION, ENTAILMENT, NEUTRAL

_HYPOTHESIS_WORDS = (6, 7, 7, 8, 8, 9)
# What the hypothesis's word is to a premise's that is narrower, wider, apart.
_LABELS = {NARROWER: ENTAILMENT, WIDER: NEUTRAL, APART: CONTRADICTION}
# "Exactly two dogs" follows from nothing but itself.
_ASKED = tuple(name for name in NAMES if not name.startswith("exactly"))


@functools.cache
def _choices(name: str, label: int, same: bool, changed: int) -> tuple:
    """What a premise can be, for a hypothesis and a label.

    Args:
      name: the hypothesis's quantifier.
      label: the label.
      same: the premise has the same quantifier.
      changed: how many of restrictor and scope change.

    Returns:
      Of (quantifier, restrictor relation, scope relation).
    """
    return tuple(
        (p, r, s)
        for (p, h, r, s), found in quantifier_table().items()
        if h == name
        and found == label
        and (p == h) == same
        and (r != EQUAL) + (s != EQUAL) == changed
    )


class Quantified:
    """Writes pairs of one split."""

    def __init__(self, draw: Draw):
        self._draw = draw
        self._verbs = tuple(v for v in draw.own if v not in RELATIONAL)

    def hypothesis(self) -> Sentence | None:
        """Returns a hypothesis, or None if this draw led nowhere."""
        draw = self._draw
        verb = draw.pick(self._verbs)
        if VERBS[verb].objects and draw.chance(0.4):
            verb = draw.pick(self._verbs)
        clause = with_object(draw, Clause(draw.pick(draw.own[verb]), verb))
        # People and animals could be taken for some of the restrictor's.
        if clause is None or clause.onoun in ANIMATE:
            return None
        clause = _counted(clause, draw.pick(_ASKED))
        target = draw.pick(_HYPOTHESIS_WORDS)
        sentence = Sentence(
            clause, past=draw.chance(0.3), contracted=draw.chance(0.5)
        )
        return fill(draw, sentence, ("adj", "place", "oadj"), target)

    def premise(self, hypothesis: Sentence, label: int) -> Sentence | None:
        """Returns a premise for a label, or None if this draw led nowhere."""
        draw, h = self._draw, hypothesis.main
        name = h.det + ("_not" if h.negative else "")
        same, changed = draw.chance(0.3), draw.pick((0, 1, 1, 2))
        choices = _choices(name, label, same, changed)
        if not choices:
            return None
        quantifier, restrictor, scope = draw.pick(choices)
        main = self._scope(self._restrictor(h, restrictor), scope)
        if main is None or main.noun not in draw.agents[main.verb]:
            return None
        main = _counted(main, quantifier)
        return Sentence(main, past=hypothesis.past, contracted=draw.chance(0.5))

    def finish(
        self, premise: Sentence, hypothesis: Sentence, target: int
    ) -> Sentence:
        """Adds what changes no label, up to a number of words."""
        draw = self._draw
        if words(premise) >= target:
            return premise
        second = meanwhile(draw, hypothesis.main, premise.main)
        if second is None:
            return premise
        premise = premise._replace(
            second=second, join=draw.pick(("while", "and", "fronted"))
        )
        slots = ("adj", "oadj", "garment", "manner")
        return fill(draw, premise, slots, target, "second")

    def _restrictor(self, h: Clause, relation: str) -> Clause | None:
        draw = self._draw
        if relation == EQUAL:
            return h
        if draw.chance(0.6) and h.adj not in RELATIVE:
            options = related(h, "noun", _LABELS[relation])
            fitting = (n for n in options if not h.adj or h.adj in SAID_OF[n])
            return one_of(draw, h, "noun", fitting)
        narrower = relation == NARROWER
        changed = add(draw, h, "adj") if narrower else h._replace(adj="")
        return changed if changed != h else None

    def _scope(self, h: Clause | None, relation: str) -> Clause | None:
        if h is None or relation == EQUAL:
            return h
        draw = self._draw
        options: list[Clause | None] = []
        verbs, nouns, places = (
            related(h, slot, _LABELS[relation])
            for slot in ("verb", "onoun", "place")
        )
        if relation == NARROWER:
            options.append(add(draw, h, draw.pick(("place", "oadj"))))
        elif relation == WIDER:
            options += [h._replace(place=""), h._replace(oadj="")]
        elif h.onoun:
            verbs = nouns = ()
        places_of = CIRCUMSTANCES["place"]
        verbs = (
            v
            for v in verbs
            if h.noun in draw.agents[v]
            and bool(VERBS[v].objects) == bool(h.onoun)
            and (not h.onoun or h.onoun in VERBS[v].objects)
            and (not h.place or h.place in places_of[v])
        )
        nouns = (
            n
            for n in nouns
            if n in VERBS[h.verb].objects
            and h.oadj not in RELATIVE
            and (not h.oadj or h.oadj in adjectives(h.verb, n, True))
        )
        places = (p for p in places if p in places_of[h.verb])
        for slot, found in ("verb", verbs), ("onoun", nouns), ("place", places):
            options.append(one_of(draw, h, slot, found))
        changed = [c for c in options if c is not None and c != h]
        return draw.pick(changed) if changed else None


def _counted(clause: Clause, name: str) -> Clause:
    """A clause with a quantifier, one of `NAMES`."""
    return clause._replace(
        det=name.removesuffix("_not"), negative=name == "some_not"
    )

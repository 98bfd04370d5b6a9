"""Pairs about how many: all, most, some, at least two, no.

A hypothesis is `quantifier, restrictor, scope`: "most (big dogs) (are running
in the park)". A premise has a quantifier of its own, and a restrictor and a
scope that are the same, narrower, wider or exclusive. What the label then is
comes from `quantifiers.quantifier_table`, which looks at models.
"""

from __future__ import annotations

import functools

from tfgen.nli.grammar.adjectives import RELATIVE
from tfgen.nli.grammar.circumstances import PLACES, places_of
from tfgen.nli.grammar.clauses import (
    ANIMATE,
    RELATIONAL,
    add,
    adjectives,
    meanwhile,
    with_object,
    words,
)
from tfgen.nli.grammar.draw import Combinations, Draw
from tfgen.nli.grammar.english import Clause, Sentence
from tfgen.nli.grammar.nouns import NOUNS
from tfgen.nli.grammar.quantifiers import (
    APART,
    EQUAL,
    NAMES,
    NARROWER,
    WIDER,
    quantifier_table,
)
from tfgen.nli.grammar.verbs import ACTIONS, VERBS

_HYPOTHESIS_WORDS = (6, 7, 7, 8, 8, 9)


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

    def __init__(self, draw: Draw, combinations: Combinations):
        self._draw, self._combinations = draw, combinations
        self._verbs = tuple(v for v in combinations.own if v not in RELATIONAL)

    def hypothesis(self) -> Sentence | None:
        """Returns a hypothesis, or None if this draw led nowhere."""
        draw = self._draw
        verb = draw.pick(self._verbs)
        if VERBS[verb].objects and draw.chance(0.4):
            verb = draw.pick(self._verbs)
        noun = draw.pick(self._combinations.own[verb])
        clause = with_object(draw, Clause(noun, verb))
        if clause is None:
            return None
        # What people are done to could be told for the restrictor.
        if clause.onoun in ANIMATE:
            return None
        name = draw.pick(_ASKED)
        clause = clause._replace(
            det=name.removesuffix("_not") if name == "some_not" else name,
            negative=name == "some_not",
        )
        target = draw.pick(_HYPOTHESIS_WORDS)
        sentence = Sentence(
            clause, past=draw.chance(0.3), contracted=draw.chance(0.5)
        )
        for slot in draw.shuffled(("adj", "place", "oadj")):
            if words(sentence) >= target:
                break
            sentence = sentence._replace(main=add(draw, sentence.main, slot))
        return sentence

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
        if main is None or not self._combinations.allows(main.noun, main.verb):
            return None
        main = main._replace(
            det=quantifier.removesuffix("_not")
            if quantifier == "some_not"
            else quantifier,
            negative=quantifier == "some_not",
        )
        return Sentence(main, past=hypothesis.past, contracted=draw.chance(0.5))

    def finish(
        self, premise: Sentence, hypothesis: Sentence, target: int
    ) -> Sentence:
        """Adds what changes no label, up to a number of words."""
        draw, h, main = self._draw, hypothesis.main, premise.main
        if words(premise) >= target:
            return premise
        taken = (h.noun, main.noun, h.onoun, main.onoun)
        second = meanwhile(
            draw, self._combinations, tuple(n for n in taken if n)
        )
        if second is None:
            return premise
        premise = premise._replace(
            second=second, join=draw.pick(("while", "and", "fronted"))
        )
        for slot in draw.shuffled(("adj", "oadj", "garment", "manner")):
            if words(premise) >= target:
                break
            premise = premise._replace(second=add(draw, premise.second, slot))
        return premise

    def _restrictor(self, h: Clause, relation: str) -> Clause | None:
        draw = self._draw
        if relation == EQUAL:
            return h
        by_noun = draw.chance(0.6) and h.adj not in RELATIVE
        if relation == NARROWER:
            if by_noun:
                options = [
                    n
                    for n in NOUNS.down[h.noun]
                    if not h.adj or h.adj in adjectives(h.verb, n, False)
                ]
                return h._replace(noun=draw.pick(options)) if options else None
            changed = add(draw, h, "adj")
            return changed if changed != h else None
        if by_noun:
            options = [
                n
                for n in NOUNS.up[h.noun]
                if not h.adj or h.adj in adjectives(h.verb, n, False)
            ]
            return h._replace(noun=draw.pick(options)) if options else None
        return h._replace(adj="") if h.adj else None

    def _scope(self, h: Clause | None, relation: str) -> Clause | None:
        if h is None or relation == EQUAL:
            return h
        draw = self._draw
        options: list[Clause] = []
        places = places_of(h.verb)
        if relation == NARROWER:
            changed = add(draw, h, draw.pick(("place", "oadj")))
            if changed != h:
                options.append(changed)
            verbs, nouns = ACTIONS.down[h.verb], NOUNS.down.get(h.onoun, ())
            there = PLACES.down[h.place] if h.place else ()
        elif relation == WIDER:
            if h.place:
                options.append(h._replace(place=""))
            if h.oadj:
                options.append(h._replace(oadj=""))
            verbs, nouns = ACTIONS.up[h.verb], NOUNS.up.get(h.onoun, ())
            there = PLACES.up[h.place] if h.place else ()
        else:
            assert relation == APART
            verbs, nouns = ACTIONS.excluded[h.verb], ()
            if h.onoun:
                verbs = ()
            there = PLACES.excluded[h.place] if h.place else ()
        allows = self._combinations.allows
        verbs = [
            v
            for v in verbs
            if allows(h.noun, v)
            and bool(VERBS[v].objects) == bool(h.onoun)
            and (not h.onoun or h.onoun in VERBS[v].objects)
            and (not h.place or h.place in places_of(v))
        ]
        if verbs:
            options.append(h._replace(verb=draw.pick(verbs)))
        nouns = [
            n
            for n in nouns
            if n in VERBS[h.verb].objects
            and h.oadj not in RELATIVE
            and (not h.oadj or h.oadj in adjectives(h.verb, n, True))
        ]
        if nouns:
            options.append(h._replace(onoun=draw.pick(nouns)))
        there = [p for p in there if p in places]
        if there:
            options.append(h._replace(place=draw.pick(there)))
        return draw.pick(options) if options else None

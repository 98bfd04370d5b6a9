"""Pairs about a scene: who does what to whom, where and how.

A hypothesis is written first, and then a premise for each label; so what the
hypothesis says tells nothing of the label. A premise is the hypothesis's clause
with one *decisive* change, whose kind is drawn before the label is looked at:

- *lexical*: one word of the hypothesis is not in the premise's clause. For
  entailment it is a hyponym instead; for neutral a hypernym, something
  unrelated, or nothing; for contradiction something exclusive. At times a
  second clause about somebody else brings the word back (a *decoy*).
- *structural*: all words are there. For entailment the clause as it is, or the
  roles of a symmetric verb exchanged; for neutral roles exchanged where both
  can be, or who does what exchanged; for contradiction roles exchanged where
  one excludes the other, negation, or who does what exchanged.

Then come changes that keep the label: a hyponym elsewhere, the voice, and
additions of which the hypothesis says nothing.
"""

from __future__ import annotations

import functools
import itertools

from tfgen.data.nli.grammar.adjectives import COLORS, PROPERTIES, RELATIVE
from tfgen.data.nli.grammar.circumstances import (
    MANNERS,
    MANNERS_OF,
    PLACES,
    TIMES,
    places_of,
)
from tfgen.data.nli.grammar.clauses import (
    ANIMATE,
    GARMENTS,
    RELATIONAL,
    SLOTS,
    WITHOUT_OBJECT,
    add,
    adjectives,
    meanwhile,
    strangers,
    tails,
    unrelated,
    with_object,
    words,
)
from tfgen.data.nli.grammar.draw import Combinations, Draw
from tfgen.data.nli.grammar.english import Clause, Sentence
from tfgen.data.nli.grammar.nouns import NOUNS, OCCUPATIONS, PEOPLE
from tfgen.data.nli.grammar.verbs import (
    ACTIONS,
    ASYMMETRIC,
    RECIPROCAL,
    SYMMETRIC,
    VERBS,
    compatible,
)
from tfgen.data.nli.pairs import CONTRADICTION, ENTAILMENT, NEUTRAL

_P_NEGATIVE = 0.22  # hypotheses with "not"
_P_STRUCTURAL = 0.45
_P_DECOY = 0.5  # after a lexical change
_P_HYPONYM = 0.2  # a hyponym elsewhere
_P_PASSIVE = 0.3
_HYPOTHESIS_WORDS = (6, 7, 7, 8, 8, 8, 9)

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


class Scenes:
    """Writes pairs of one split."""

    def __init__(self, draw: Draw, combinations: Combinations):
        self._draw, self._combinations = draw, combinations
        own = combinations.own
        self._frames = (
            tuple(v for v in own if not VERBS[v].objects),
            tuple(v for v in own if VERBS[v].objects and v not in RELATIONAL),
            tuple(v for v in own if v in RELATIONAL),
        )

    # --- Hypotheses. --------------------------------------------------------

    def hypothesis(self) -> Sentence | None:
        """Returns a hypothesis, or None if this draw led nowhere."""
        draw = self._draw
        verb = draw.pick(self._frames[draw.pick((0, 0, 0, 1, 1, 2, 2, 2, 2))])
        for _ in range(3):
            clause = with_object(
                draw, Clause(draw.pick(self._combinations.own[verb]), verb)
            )
            if clause and (verb not in RELATIONAL or self._two_ways(clause)):
                break
        if clause is None:
            return None
        past = draw.chance(0.3)
        if draw.chance(_P_NEGATIVE):
            clause = clause._replace(negative=True, det="the")
            if clause.onoun in ANIMATE:
                clause = clause._replace(odet="the")
            slots = ("place", "manner", "place", "adj")
            passive = False
        else:
            det = draw.pick(("a", "the"))
            odet = draw.pick(("a", det))
            clause = clause._replace(
                det=det, odet=odet, count=draw.pick((1, 1, 1, 1, 1, 2, 3))
            )
            slots = SLOTS
            if self._two_ways(clause):
                # Said so that the roles can be exchanged.
                clause = clause._replace(count=1)
                slots = ("adj", "oadj", "place", "time")
            passive = self._passive(clause)
        sentence = Sentence(clause, past=past, passive=passive)
        target = draw.pick(_HYPOTHESIS_WORDS)
        for slot in draw.shuffled(slots):
            if words(sentence) >= target:
                break
            sentence = sentence._replace(main=add(draw, sentence.main, slot))
        if clause.negative:
            sentence = sentence._replace(contracted=draw.chance(0.5))
        return sentence

    def _two_ways(self, clause: Clause) -> bool:
        """Whether the object could do the same to the subject."""
        return (
            clause.verb in RELATIONAL
            and clause.onoun in ANIMATE
            and clause.noun in VERBS[clause.verb].objects
            and self._combinations.allows(clause.onoun, clause.verb)
        )

    def _passive(self, clause: Clause) -> bool:
        if not clause.onoun or not VERBS[clause.verb].participle:
            return False
        # "A book is not being read" could be about one of many books.
        if clause.negative and clause.odet == "a":
            return False
        often = clause.verb in RELATIONAL
        return self._draw.chance(0.5 if often else _P_PASSIVE)

    # --- Premises. ----------------------------------------------------------

    def premise(self, hypothesis: Sentence, label: int) -> Sentence | None:
        """Returns a premise for a label, or None if this draw led nowhere."""
        draw, h = self._draw, hypothesis.main
        structural = draw.chance(0.8 if self._two_ways(h) else _P_STRUCTURAL)
        decoy = draw.chance(_P_DECOY)
        changes = [self._structural, self._lexical]
        if h.negative:
            changes = [self._deny_structural, self._deny_lexical]
        changed = structural and changes[0](h, label)
        changed = changed or changes[1](h, label)
        if changed is None:
            return None
        main, second, slot = changed
        if second is None and slot and decoy:
            second = self._decoy(h, main, slot)
        if not main.negative and draw.chance(_P_HYPONYM):
            main = self._hyponym(h, main)
        passive = self._passive(main)
        return Sentence(
            main,
            second,
            past=hypothesis.past,
            passive=passive,
            contracted=draw.chance(0.5),
        )

    def finish(
        self, premise: Sentence, hypothesis: Sentence, target: int
    ) -> Sentence:
        """Adds what changes no label, up to a number of words."""
        return self._ordered(self._fill(premise, hypothesis.main, target))

    def _ordered(self, sentence: Sentence) -> Sentence:
        if sentence.second is None:
            return sentence
        draw = self._draw
        free = not (sentence.passive or sentence.tail or sentence.main.negative)
        if free and draw.chance(0.4):
            sentence = sentence._replace(
                main=sentence.second, second=sentence.main
            )
        return sentence._replace(
            join=draw.pick(("while", "while", "and", "fronted"))
        )

    # Each change returns (main clause, second clause or None, the slot whose
    # word was lost or ""), or None if it cannot be done.

    def _structural(self, h: Clause, label: int):
        draw = self._draw
        changes = [self._cross, self._cross]
        if h.verb in RELATIONAL:
            changes += [self._exchange] * 3
        if label == ENTAILMENT:
            changes = [self._exchange, self._exchange, self._same]
        elif label == CONTRADICTION:
            changes += [self._negate]
        for change in itertools.islice(draw.shuffled(changes), 3):
            changed = change(h, label)
            if changed is not None:
                return changed
        return None

    def _same(self, h: Clause, label: int):
        del label
        return h, None, ""

    def _exchange(self, h: Clause, label: int):
        """Exchanges the roles: who did it has it done to them."""
        kinds = {
            ENTAILMENT: SYMMETRIC,
            NEUTRAL: RECIPROCAL,
            CONTRADICTION: ASYMMETRIC,
        }
        if (
            h.verb not in kinds[label]
            or h.count > 1
            or h.manner
            or h.garment
            or not self._two_ways(h)
        ):
            return None
        main = h._replace(
            noun=h.onoun,
            adj=h.oadj,
            det=h.odet,
            onoun=h.noun,
            oadj=h.adj,
            odet=h.det,
            agent=h.patient,
            patient=h.agent,
        )
        return main, None, ""

    def _negate(self, h: Clause, label: int):
        """Denies the hypothesis, or more than it."""
        del label
        # What is not said is denied too.
        dropped = {s: "" for s in ("manner", "place") if self._draw.chance(0.2)}
        main = h._replace(negative=True, det="the", **dropped)
        if h.time or h.count > 1:
            return None
        return main, None, ""

    def _cross(self, h: Clause, label: int):
        """Somebody else does it; the one in question does something else."""
        draw, allows = self._draw, self._combinations.allows
        if h.verb in SYMMETRIC and label == NEUTRAL:
            return None
        if label == CONTRADICTION:
            options = [
                v
                for v in ACTIONS.excluded[h.verb]
                if not h.onoun or not VERBS[v].objects
            ]
        else:
            options = [v for v in WITHOUT_OBJECT if compatible(v, h.verb)]
        options = [v for v in options if allows(h.noun, v)]
        others = strangers(*filter(None, (h.noun, h.onoun)))
        others = [noun for noun in others if allows(noun, h.verb)]
        if not options or not others:
            return None
        main = h._replace(
            noun=draw.pick(others),
            count=1,
            adj="",
            color="",
            garment="",
            agent="z",
            event="d",
        )
        second = with_object(
            draw,
            Clause(
                h.noun,
                draw.pick(options),
                det=h.det,
                count=h.count,
                adj=h.adj,
                color=h.color,
                garment=h.garment,
                patient="u",
            ),
        )
        if second is None:
            return None
        things = (main.noun, h.noun, h.onoun)
        if second.onoun and not all(
            NOUNS.excludes(second.onoun, n) for n in things if n
        ):
            return None
        return main, second, ""

    def _lexical(self, h: Clause, label: int):
        slots = ["noun", "verb"]
        slots += [s for s in ("onoun", *SLOTS) if getattr(h, s)]
        for slot in itertools.islice(self._draw.shuffled(slots), 4):
            main = self._swap(h, slot, label)
            if main is not None:
                return main, None, slot
        return None

    def _swap(self, h: Clause, slot: str, label: int) -> Clause | None:
        """Changes what a slot says; None if it cannot decide the label."""
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
            options = ("", *PROPERTIES.up[adj] * 3)
            options += unrelated(h.verb, noun, is_object, adj)[:8]
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

    # --- Premises of denied hypotheses. -------------------------------------

    def _deny_structural(self, h: Clause, label: int):
        draw = self._draw
        if label == ENTAILMENT:
            if h.verb in ASYMMETRIC and draw.chance(0.5):
                exchanged = self._exchange(h, CONTRADICTION)
                if exchanged:
                    return exchanged[0]._replace(negative=False), None, ""
            return h, None, ""
        if label == CONTRADICTION:
            return h._replace(negative=False), None, ""
        # To deny more than the hypothesis leaves it open.
        if h.place and h.manner:
            return None
        slots = ["place"]
        if h.verb in MANNERS_OF:
            slots.append("manner")
        if h.onoun and h.onoun not in ANIMATE:
            slots.append("oadj")
        main = h
        for slot in draw.shuffled(slots):
            main = add(draw, h, slot)
            if main != h:
                return main, None, ""
        return None

    def _deny_lexical(self, h: Clause, label: int):
        draw = self._draw
        positive = h._replace(negative=False)
        slots = ["verb"] + [s for s in ("place", "manner") if getattr(h, s)]
        if h.onoun and h.onoun not in ANIMATE and not h.oadj:
            slots.append("onoun")
        for slot in draw.shuffled(slots):
            deny = draw.chance(0.4)
            if label == CONTRADICTION:
                main = self._swap(positive, slot, ENTAILMENT)
            elif label == NEUTRAL:
                # "Not strolling" leaves open whether one walks; and so does
                # doing something else.
                if deny and slot in ("verb", "onoun"):
                    main = self._swap(positive, slot, ENTAILMENT)
                    main = main and main._replace(negative=True)
                else:
                    main = self._swap(positive, slot, NEUTRAL)
            elif deny and not (slot == "verb" and h.manner):
                main = self._wider(positive, slot)
                main = main and main._replace(negative=True)
            elif slot != "onoun":
                main = self._swap(positive, slot, CONTRADICTION)
            else:
                main = None
            if main is not None:
                return main, None, slot
        return None

    def _wider(self, h: Clause, slot: str) -> Clause | None:
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

    # --- Changes that keep the label. ---------------------------------------

    def _hyponym(self, h: Clause, main: Clause) -> Clause:
        """Says more, by one word, of what stayed as it is."""
        if main.agent != h.agent or main.noun != h.noun or h.negative:
            return main
        for slot in self._draw.shuffled(("noun", "adj", "oadj", "place")):
            if getattr(h, slot) and getattr(main, slot) == getattr(h, slot):
                changed = self._swap(main, slot, ENTAILMENT)
                if changed is not None:
                    return changed
        return main

    def _decoy(self, h: Clause, main: Clause, slot: str) -> Clause | None:
        """Somebody else brings back the word that the premise lost."""
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

    def _fill(self, premise: Sentence, h: Clause, target: int) -> Sentence:
        """Adds what the hypothesis says nothing of, up to a length."""
        draw = self._draw
        kinds = draw.shuffled(
            (*SLOTS, "second", "second", "tail", "second adj")
        )
        for kind in kinds:
            if words(premise) >= target:
                break
            premise = self._add(premise, h, kind)
        return premise

    def _add(self, premise: Sentence, h: Clause, kind: str) -> Sentence:
        draw, main = self._draw, premise.main
        if kind == "second":
            if premise.second:
                return premise
            taken = (h.noun, main.noun, h.onoun, main.onoun)
            second = meanwhile(
                draw, self._combinations, tuple(n for n in taken if n)
            )
            return premise._replace(second=second)
        if kind == "second adj":
            if not premise.second or premise.second.agent == h.agent:
                return premise
            return premise._replace(second=add(draw, premise.second, "adj"))
        if kind == "tail":
            options = [
                v
                for v in tails(main.verb)
                if self._combinations.allows(main.noun, v)
                and (main.agent != h.agent or compatible(v, h.verb))
            ]
            if main.negative or premise.passive or premise.tail or not options:
                return premise
            return premise._replace(
                tail=draw.pick(options), tail_negative=draw.chance(0.6)
            )
        # What the hypothesis says, the premise lost on purpose; and what a
        # negation covers, it denies.
        if main.negative and kind not in ("adj", "garment"):
            return premise
        if main.agent != h.agent and kind == "time":
            return premise
        if getattr(h, kind) and (main.agent == h.agent or kind == "oadj"):
            return premise
        if main.patient == h.agent and getattr(
            h, {"oadj": "adj"}.get(kind, kind)
        ):
            return premise
        return premise._replace(main=add(draw, main, kind))


@functools.cache
def _takers(noun: str) -> tuple[str, ...]:
    """Verbs that are done to a thing."""
    return tuple(
        v.name
        for v in VERBS.values()
        if noun in v.objects and v.name not in RELATIONAL
    )

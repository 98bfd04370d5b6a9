"""Pairs about a scene: who does what to whom, where and how.

A hypothesis is written first, and then a premise for each label, so that the
hypothesis alone says nothing about the label. A premise is the hypothesis's
clause with one *decisive* change. Its kind is drawn before the label is looked
at:

- *lexical*: one word of the hypothesis is not in the premise's clause. For
  entailment it is a hyponym instead; for neutral a hypernym, something
  unrelated, or nothing; for contradiction something exclusive. At times a
  second clause about somebody else brings the word back (a *decoy*).
- *structural*: all words are there. For entailment the clause as it is, or the
  roles of a symmetric verb exchanged; for neutral roles exchanged where both
  can be, or who does what exchanged; for contradiction roles exchanged where
  one excludes the other, negation, or who does what exchanged.

Then come changes that keep the label: a hyponym elsewhere, the voice, and
additions of which the hypothesis does not speak.
"""

from __future__ import annotations

import itertools

from tfgen.nli.grammar import fillers
from tfgen.nli.grammar.circumstances import CIRCUMSTANCES
from tfgen.nli.grammar.clauses import (
    EXCLUDED,
    RELATIONAL,
    SLOTS,
    add,
    besides,
    fill,
    nouns_of,
    strangers,
    with_object,
)
from tfgen.nli.grammar.decoys import decoy
from tfgen.nli.grammar.draw import Draw
from tfgen.nli.grammar.english import Clause, Sentence
from tfgen.nli.grammar.nouns import ANIMATE
from tfgen.nli.grammar.swaps import swap, wider
from tfgen.nli.grammar.verbs import (
    ACTIONS,
    ASYMMETRIC,
    RECIPROCAL,
    SYMMETRIC,
    VERBS,
)
from tfgen.nli.pairs import CONTRADICTION, ENTAILMENT, NEUTRAL

_P_NEGATIVE = 0.22  # hypotheses with "not"
_P_STRUCTURAL = 0.45
_P_DECOY = 0.5  # after a lexical change
_P_HYPONYM = 0.2  # a hyponym elsewhere
_P_PASSIVE = 0.3
# Label -> the verbs that have it when the roles are exchanged.
_EXCHANGED = (SYMMETRIC, RECIPROCAL, ASYMMETRIC)
_HYPOTHESIS_WORDS = (6, 7, 7, 8, 8, 8, 9)


class Scenes:
    """Writes pairs of one split."""

    def __init__(self, draw: Draw):
        self._draw, own = draw, draw.own
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
            agent = draw.pick(draw.own[verb])
            clause = with_object(draw, Clause(agent, verb))
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
                # Only what lets the roles be exchanged.
                clause = clause._replace(count=1)
                slots = ("adj", "oadj", "place", "time")
            passive = self._passive(clause)
        sentence = Sentence(clause, past=past, passive=passive)
        target = draw.pick(_HYPOTHESIS_WORDS)
        sentence = fill(draw, sentence, slots, target)
        if clause.negative:
            sentence = sentence._replace(contracted=draw.chance(0.5))
        return sentence

    def _two_ways(self, clause: Clause) -> bool:
        """Whether the object could do the same to the subject."""
        return (
            clause.verb in RELATIONAL
            and clause.onoun in ANIMATE
            and clause.noun in VERBS[clause.verb].objects
            and clause.onoun in self._draw.agents[clause.verb]
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
        bring_back = draw.chance(_P_DECOY)
        changes = [self._structural, self._lexical]
        if h.negative:
            changes = [self._deny_structural, self._deny_lexical]
        changed = structural and changes[0](h, label)
        changed = changed or changes[1](h, label)
        if changed is None:
            return None
        main, second, slot = changed
        if second is None and slot and bring_back:
            second = decoy(draw, h, main, slot)
        if not main.negative and draw.chance(_P_HYPONYM):
            main = self._hyponym(h, main)
        return Sentence(
            main,
            second,
            past=hypothesis.past,
            passive=self._passive(main),
            contracted=draw.chance(0.5),
        )

    def finish(
        self, premise: Sentence, hypothesis: Sentence, target: int
    ) -> Sentence:
        """Adds what changes no label, up to a number of words."""
        return fillers.finish(self._draw, premise, hypothesis.main, target)

    # Each change returns (main clause, second clause or None, the slot whose
    # word was lost or ""), or None if it cannot be done.

    def _structural(self, h: Clause, label: int):
        draw = self._draw
        changes = [self._cross, self._cross]
        if h.verb in RELATIONAL:
            changes += [self._exchange] * 3
        if label == ENTAILMENT:
            same = h, None, ""
            changes = [self._exchange, self._exchange, lambda *_: same]
        elif label == CONTRADICTION:
            changes += [self._negate]
        for change in itertools.islice(draw.shuffled(changes), 3):
            changed = change(h, label)
            if changed is not None:
                return changed
        return None

    def _exchange(self, h: Clause, label: int):
        """Exchanges the roles: who did it has it done to them."""
        if (
            h.verb not in _EXCHANGED[label]
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
        """Somebody else does it, and the subject does something else."""
        draw = self._draw
        if h.verb in SYMMETRIC and label == NEUTRAL:
            return None
        if label == CONTRADICTION:
            options = [
                v
                for v in ACTIONS.excluded[h.verb]
                if not h.onoun or not VERBS[v].objects
            ]
        else:
            options = besides(h.verb)
        options = [v for v in options if h.noun in draw.agents[v]]
        others = strangers(nouns_of(h))
        others = [noun for noun in others if noun in draw.agents[h.verb]]
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
        if second.onoun and not nouns_of(main, h) <= EXCLUDED[second.onoun]:
            return None
        return main, second, ""

    def _lexical(self, h: Clause, label: int):
        slots = ["noun", "verb"]
        slots += [s for s in ("onoun", *SLOTS) if getattr(h, s)]
        for slot in itertools.islice(self._draw.shuffled(slots), 4):
            main = swap(self._draw, h, slot, label)
            if main is not None:
                return main, None, slot
        return None

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
        # A premise that denies more leaves the hypothesis open.
        if h.place and h.manner:
            return None
        slots = ["place"]
        if CIRCUMSTANCES["manner"][h.verb]:
            slots.append("manner")
        if h.onoun and h.onoun not in ANIMATE:
            slots.append("oadj")
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
                main = swap(draw, positive, slot, ENTAILMENT)
            elif label == NEUTRAL:
                # "Not strolling" leaves open whether one walks; and so does
                # doing something else.
                if deny and slot in ("verb", "onoun"):
                    main = swap(draw, positive, slot, ENTAILMENT)
                    main = main and main._replace(negative=True)
                else:
                    main = swap(draw, positive, slot, NEUTRAL)
            elif deny and not (slot == "verb" and h.manner):
                main = wider(draw, positive, slot)
                main = main and main._replace(negative=True)
            elif slot != "onoun":
                main = swap(draw, positive, slot, CONTRADICTION)
            else:
                main = None
            if main is not None:
                return main, None, slot
        return None

    # --- Changes that keep the label. ---------------------------------------

    def _hyponym(self, h: Clause, main: Clause) -> Clause:
        """Says more, by one word, of what stayed as it is."""
        if main.agent != h.agent or main.noun != h.noun or h.negative:
            return main
        for slot in self._draw.shuffled(("noun", "adj", "oadj", "place")):
            if getattr(h, slot) and getattr(main, slot) == getattr(h, slot):
                changed = swap(self._draw, main, slot, ENTAILMENT)
                if changed is not None:
                    return changed
        return main

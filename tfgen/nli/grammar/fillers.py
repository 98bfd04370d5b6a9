"""What a premise can say more without changing its label."""

from __future__ import annotations

from tfgen.nli.grammar.clauses import (
    SLOTS,
    add,
    meanwhile,
    tails,
    words,
)
from tfgen.nli.grammar.draw import Combinations, Draw
from tfgen.nli.grammar.english import Clause, Sentence
from tfgen.nli.grammar.verbs import (
    compatible,
)


def fill(
    draw: Draw,
    combinations: Combinations,
    premise: Sentence,
    h: Clause,
    target: int,
) -> Sentence:
    """Adds to a premise what a hypothesis says nothing of.

    Args:
      draw: chooses.
      combinations: of the split.
      premise: keeps its label.
      h: the hypothesis's clause.
      target: stops at so many words.
    """
    kinds = draw.shuffled((*SLOTS, "second", "second", "tail", "second adj"))
    for kind in kinds:
        if words(premise) >= target:
            break
        premise = _add(draw, combinations, premise, h, kind)
    return premise


def _add(
    draw: Draw,
    combinations: Combinations,
    premise: Sentence,
    h: Clause,
    kind: str,
) -> Sentence:
    main = premise.main
    if kind == "second":
        if premise.second:
            return premise
        taken = (h.noun, main.noun, h.onoun, main.onoun)
        second = meanwhile(draw, combinations, tuple(n for n in taken if n))
        return premise._replace(second=second)
    if kind == "second adj":
        if not premise.second or premise.second.agent == h.agent:
            return premise
        return premise._replace(second=add(draw, premise.second, "adj"))
    if kind == "tail":
        options = [
            v
            for v in tails(main.verb)
            if combinations.allows(main.noun, v)
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
    if main.patient == h.agent and getattr(h, {"oadj": "adj"}.get(kind, kind)):
        return premise
    return premise._replace(main=add(draw, main, kind))

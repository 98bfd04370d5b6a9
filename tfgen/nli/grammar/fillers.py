"""What can be added to a premise without changing its label."""

from __future__ import annotations

from tfgen.nli.grammar.clauses import SLOTS, add, besides, meanwhile
from tfgen.nli.grammar.draw import Draw
from tfgen.nli.grammar.english import Clause, Sentence, words
from tfgen.nli.grammar.verbs import compatible


def finish(draw: Draw, premise: Sentence, h: Clause, target: int) -> Sentence:
    """Adds to a premise what the hypothesis does not speak of.

    Args:
      draw: chooses.
      premise: keeps its label.
      h: the hypothesis's clause.
      target: stops at so many words.
    """
    kinds = (*SLOTS, "second", "second", "tail", "second adj")
    for kind in draw.shuffled(kinds):
        if words(premise) >= target:
            break
        premise = _add(draw, premise, h, kind)
    if premise.second is None:
        return premise
    free = not (premise.passive or premise.tail or premise.main.negative)
    if free and draw.chance(0.4):
        premise = premise._replace(main=premise.second, second=premise.main)
    return premise._replace(
        join=draw.pick(("while", "while", "and", "fronted"))
    )


def _add(draw: Draw, premise: Sentence, h: Clause, kind: str) -> Sentence:
    main = premise.main
    if kind == "second":
        if premise.second:
            return premise
        return premise._replace(second=meanwhile(draw, h, main))
    if kind == "second adj":
        if not premise.second or premise.second.agent == h.agent:
            return premise
        return premise._replace(second=add(draw, premise.second, "adj"))
    if kind == "tail":
        if main.negative or premise.passive or premise.tail:
            return premise
        options = [v for v in besides(main.verb) if main.noun in draw.agents[v]]
        if main.agent == h.agent:
            options = [v for v in options if compatible(v, h.verb)]
        if not options:
            return premise
        return premise._replace(
            tail=draw.pick(options), tail_negative=draw.chance(0.6)
        )
    # The premise lacks on purpose what the hypothesis says, and a negation
    # would deny what is added.
    if main.negative and kind not in ("adj", "garment"):
        return premise
    if main.agent != h.agent and kind == "time":
        return premise
    if getattr(h, kind) and (main.agent == h.agent or kind == "oadj"):
        return premise
    if main.patient == h.agent and getattr(h, {"oadj": "adj"}.get(kind, kind)):
        return premise
    return premise._replace(main=add(draw, main, kind))

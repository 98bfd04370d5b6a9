"""Verbs: what is done, by whom and to what."""

from __future__ import annotations

import dataclasses

from tfgen.nli.grammar.lexicon import LEXICON
from tfgen.nli.grammar.nouns import members
from tfgen.nli.grammar.relations import relate


@dataclasses.dataclass(frozen=True)
class Verb:
    """A verb, with its preposition if it has one.

    Attributes:
      ing: the present participle.
      participle: the past participle; "" if there is no passive.
      agents: the nouns that do it.
      objects: the nouns it is done to; empty if it takes no object.
      occupies: letters for parts of the agent: legs, hands, mouth, face, eyes.
        Verbs without a common part can go on at once, and say nothing about
        each other.
    """

    ing: str
    participle: str
    agents: tuple[str, ...]
    objects: tuple[str, ...]
    occupies: frozenset[str]


_TABLES = LEXICON["verbs"]
# While A does it to B, B does not do it to A.
ASYMMETRIC = frozenset(_TABLES["asymmetric"])
# A does it with B if and only if B does it with A.
SYMMETRIC = frozenset(_TABLES["symmetric"])
# A does it to B, and B may or may not do it to A.
RECIPROCAL = frozenset(_TABLES["reciprocal"])
VERBS = {
    name: Verb(
        ing,
        participle.strip("-"),
        members(agents),
        members(*objects),
        frozenset(part),
    )
    for name, (ing, participle, agents, part, *objects) in _TABLES[
        "forms"
    ].items()
}
ACTIONS = relate(_TABLES["parents"], _TABLES["exclusive"], VERBS)


def compatible(a: str, b: str) -> bool:
    """Returns whether one may do both at once, or either without the other."""
    return not VERBS[a].occupies & VERBS[b].occupies

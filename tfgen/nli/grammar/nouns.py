"""Nouns: who acts, and on what."""

from __future__ import annotations

from tfgen.nli.grammar.lexicon import LEXICON
from tfgen.nli.grammar.relations import relate

_TABLES = LEXICON["nouns"]
_KINDS, _SETS = _TABLES["kinds"], _TABLES["sets"]
_PLURALS = dict(_TABLES["plurals"])
_overlapping = set(_TABLES["overlapping"])
# Words for stuff: no "a", no plural.
MASS = frozenset(_TABLES["mass"])
# An occupation does not say whether one is a man or a woman.
OCCUPATIONS = _overlapping.intersection(_KINDS["person"])

NOUNS = relate(
    _KINDS,
    [[c for c in kind if c not in _overlapping] for kind in _KINDS.values()],
)


def members(*names: str) -> tuple[str, ...]:
    """Returns the nouns of sets or kinds."""
    found: dict[str, None] = {}
    for name in names:
        if name in _SETS:
            found |= dict.fromkeys(members(*_SETS[name]))
        else:
            itself = (name,) if name in NOUNS.up else ()
            found |= dict.fromkeys((*itself, *NOUNS.down[name]))
    return tuple(found)


ANIMATE = frozenset(members("_animate"))
PEOPLE = frozenset(members("person"))


def plural(noun: str) -> str:
    """Returns the plural."""
    if noun in _PLURALS:
        return _PLURALS[noun]
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun + "es"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"

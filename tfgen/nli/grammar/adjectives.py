"""Adjectives, and what they are said of."""

from __future__ import annotations

import functools
import itertools

from tfgen.nli.grammar.lexicon import LEXICON
from tfgen.nli.grammar.nouns import members
from tfgen.nli.grammar.relations import relate

_TABLES = LEXICON["adjectives"]
_SETS = _TABLES["sets"]
COLORS = _SETS["_colors"]
# "Big" for a puppy is not "big" for a dog: what these say depends on the noun.
RELATIVE = frozenset(_TABLES["relative"])


def _expanded(names: list[str]) -> list[str]:
    return [word for name in names for word in _SETS.get(name, [name])]


_said_of: dict[str, dict[str, None]] = {}
for _kind, _names in _TABLES["said_of"].items():
    for _noun in members(_kind):
        _said_of.setdefault(_noun, {}).update(dict.fromkeys(_expanded(_names)))

# Noun -> its adjectives.
SAID_OF = {noun: tuple(words) for noun, words in _said_of.items()}
PROPERTIES = relate(
    _TABLES["parents"],
    _TABLES["exclusive"],
    itertools.chain(*map(_expanded, _TABLES["said_of"].values())),
)


@functools.cache
def adjectives(verb: str, noun: str, is_object: bool) -> tuple[str, ...]:
    """Returns the adjectives of a subject or an object."""
    odd = _expanded(_TABLES["odd"].get(verb, [])) if is_object else ()
    return tuple(word for word in SAID_OF[noun] if word not in odd)

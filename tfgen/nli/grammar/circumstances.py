"""Where, when and how."""

from __future__ import annotations

from tfgen.nli.grammar.lexicon import LEXICON
from tfgen.nli.grammar.relations import relate

_PLACES, _MANNERS = LEXICON["places"], LEXICON["manners"]
PLACES = relate(_PLACES["parents"], _PLACES["exclusive"])
TIMES = relate({}, LEXICON["times"]["exclusive"])
MANNERS = relate({}, _MANNERS["exclusive"])
# Verb -> adverbs.
MANNERS_OF: dict[str, tuple[str, ...]] = {}
for _adverb, _verbs in _MANNERS["fits"].items():
    for _verb in _verbs:
        MANNERS_OF[_verb] = (
            *MANNERS_OF.get(_verb, ()),
            _adverb,
            *MANNERS.excluded[_adverb],
        )


def places_of(verb: str) -> tuple[str, ...]:
    """Returns where a verb may happen."""
    return tuple(_PLACES["limited"].get(verb, PLACES.up))

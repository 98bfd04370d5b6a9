"""Where, when and how."""

from __future__ import annotations

from tfgen.nli.grammar.lexicon import LEXICON
from tfgen.nli.grammar.relations import relate
from tfgen.nli.grammar.verbs import VERBS

_PLACES, _MANNERS = LEXICON["places"], LEXICON["manners"]
PLACES = relate(_PLACES["parents"], _PLACES["exclusive"])
TIMES = relate({}, LEXICON["times"]["exclusive"])
MANNERS = relate({}, _MANNERS["exclusive"])
# Slot -> verb -> what can be said of it.
CIRCUMSTANCES = {
    "place": {v: tuple(_PLACES["limited"].get(v, PLACES.up)) for v in VERBS},
    "time": dict.fromkeys(VERBS, tuple(TIMES.up)),
    "manner": {
        verb: tuple(
            word
            for adverb, verbs in _MANNERS["fits"].items()
            if verb in verbs
            for word in (adverb, *MANNERS.excluded[adverb])
        )
        for verb in VERBS
    },
}

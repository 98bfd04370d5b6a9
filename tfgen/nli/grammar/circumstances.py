"""Where, when and how."""

from __future__ import annotations

from tfgen.nli.grammar.relations import relate

PLACES = relate(
    {
        "indoors": (
            "in the kitchen",
            "in the bedroom",
            "in the attic",
            "in the library",
            "in the classroom",
            "in the museum",
        ),
        "outdoors": (
            "in the park",
            "in the garden",
            "in the meadow",
            "in the forest",
            "in the street",
            "on the beach",
        ),
    },
    (
        ("indoors", "outdoors"),
        (
            "in the kitchen",
            "in the bedroom",
            "in the attic",
            "in the classroom",
        ),
        ("in the meadow", "in the forest", "in the street", "on the beach"),
        ("in the garden", "in the street", "on the beach"),
    ),
)
TIMES = relate(
    {},
    (
        ("in the morning", "in the afternoon", "in the evening"),
        ("at noon", "at midnight"),
        ("at noon", "in the evening"),
        ("at midnight", "in the afternoon"),
    ),
)
MANNERS = relate(
    {},
    (
        ("loudly", "quietly"),
        ("quickly", "slowly"),
        ("carefully", "carelessly"),
        ("eagerly", "reluctantly"),
    ),
)
# One of each opposition -> the verbs it fits.
_FITS = {
    "loudly": "sing yodel speak laugh cry sob clap speak_with argue_with",
    "quickly": (
        "walk run swim crawl eat peel cut slice chop clean wash scrub open"
        " close fill empty fold sew repair build paint draw read"
    ),
    "carefully": (
        "peel cut slice wash clean open close fill empty fold sew repair build"
        " paint draw lift lower drive park carry"
    ),
    "eagerly": (
        "sing dance speak eat help follow read play clean cook wash run walk"
        " swim dance_with speak_with"
    ),
}
# Verb -> adverbs.
MANNERS_OF: dict[str, tuple[str, ...]] = {}
for _adverb, _verbs in _FITS.items():
    for _verb in _verbs.split():
        MANNERS_OF[_verb] = (
            *MANNERS_OF.get(_verb, ()),
            _adverb,
            *MANNERS.excluded[_adverb],
        )
# Where only some things happen.
_IN_THE_OPEN = tuple(
    place for place in PLACES.down["outdoors"] if place != "on the beach"
)
_LIMITED = {
    "swim": ("indoors", "outdoors"),
    "drive": ("outdoors", *_IN_THE_OPEN),
    "park": ("outdoors", *_IN_THE_OPEN),
}


def places_of(verb: str) -> tuple[str, ...]:
    """Returns where a verb may happen."""
    return _LIMITED.get(verb, tuple(PLACES.up))

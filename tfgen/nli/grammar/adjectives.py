"""Adjectives, and what they are said of."""

from __future__ import annotations

from tfgen.nli.grammar.nouns import members
from tfgen.nli.grammar.relations import relate

_PARENTS = {
    "red": "crimson",
    "blue": "navy",
    "happy": "delighted",
    "tired": "exhausted",
    "hungry": "starving",
    "angry": "furious",
    "wet": "soaked",
    "dirty": "filthy",
    "clean": "spotless",
    "big": "huge",
    "small": "tiny",
    "frightened": "terrified",
}
_EXCLUSIVE = (
    "red blue green yellow black white brown pink purple gray",
    "happy sad",
    "calm angry",
    "calm frightened",
    "wet dry",
    "dirty clean",
    "big small",
    "hot cold",
    "tall short",
    "old young",
    "old new",
    "heavy light",
    "full empty",
    "wooden metal plastic",
    "cheap expensive",
    "rich poor",
    "healthy sick",
    "strong weak",
    "fresh rotten",
)
COLORS = (
    "red crimson blue navy green yellow black white brown pink purple gray"
).split()
_COLORS = " ".join(COLORS)
_STATE = "wet soaked dry dirty filthy clean"
_PRICE = "cheap expensive"
_SIZE = "big huge small tiny"
# Kind of noun -> adjectives.
_SAID_OF = {
    "_animate": (
        "calm angry furious tired exhausted hungry starving thirsty healthy"
        f" sick frightened terrified strong weak {_STATE}"
    ),
    "person": "happy delighted sad tall short",
    "adult": "old young rich poor",
    "animal": f"black white brown gray {_SIZE}",
    "vehicle": f"{_COLORS} old new spotless {_STATE} {_PRICE}",
    "instrument": f"black white brown old new {_STATE} {_PRICE}",
    "garment": f"{_COLORS} spotless {_STATE} {_PRICE}",
    "container": (
        f"{_COLORS} {_SIZE} heavy light full empty wooden metal plastic"
        " spotless dirty filthy clean"
    ),
    "tool": f"old new heavy light {_STATE} {_PRICE}",
    "flower": "red crimson yellow white pink purple wet dry",
    "publication": f"old new heavy light wet soaked dry {_PRICE}",
    "_furniture": (
        f"{_COLORS} old new heavy light wooden metal plastic spotless dirty"
        f" filthy clean {_PRICE}"
    ),
    "toy": f"{_COLORS} wooden plastic old new {_PRICE}",
    "food": "cold hot cheap expensive",
    "fruit": "fresh rotten ripe",
    "vegetable": "fresh rotten raw",
    "bread": "fresh dry",
}
# "Big" for a puppy is not "big" for a dog: what these say depends on the noun.
RELATIVE = frozenset(
    "big huge small tiny tall short old young new heavy light cheap expensive"
    " rich poor strong weak hot cold".split()
)
# One does not fill what is full.
_ODD = {
    "fill": "full empty heavy light",
    "empty": "full empty heavy light",
    "clean": "clean spotless dirty filthy",
    "wash": "clean spotless dirty filthy",
    "scrub": "clean spotless dirty filthy",
    "build": "old new dirty filthy",
    "paint": " ".join([*COLORS, "spotless", "dirty", "filthy", "clean"]),
    "cook": "hot cold raw rotten",
    "fry": "hot cold raw rotten",
    "boil": "hot cold raw rotten",
    "water": "wet dry",
}

_said_of: dict[str, dict[str, None]] = {}
for _kind, _words in _SAID_OF.items():
    for _noun in members(_kind):
        _said_of.setdefault(_noun, {}).update(dict.fromkeys(_words.split()))

# Noun -> its adjectives.
SAID_OF = {noun: tuple(words) for noun, words in _said_of.items()}
PROPERTIES = relate(
    {parent: children.split() for parent, children in _PARENTS.items()},
    [group.split() for group in _EXCLUSIVE],
    others=dict.fromkeys(" ".join(_SAID_OF.values()).split()),
)


def object_adjectives(verb: str, noun: str) -> tuple[str, ...]:
    """Returns the adjectives of what a verb is done to."""
    odd = _ODD.get(verb, "").split()
    return tuple(word for word in SAID_OF[noun] if word not in odd)

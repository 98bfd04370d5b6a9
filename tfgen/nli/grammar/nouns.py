"""Nouns: who acts, and on what."""

from __future__ import annotations

from tfgen.nli.grammar.relations import relate

# Children exclude each other. A name with an underscore is a set, not a word.
_EXCLUSIVE = {
    "_all": "_animate _thing",
    "_animate": "person animal",
    "person": "adult child",
    "adult": "man woman",
    "child": "boy girl",
    "animal": (
        "dog cat horse cow sheep goat pig rabbit bear wolf fox lion tiger"
        " monkey elephant bird"
    ),
    "bird": "eagle duck owl parrot pigeon swan goose",
    "dog": "poodle beagle greyhound",
    "_thing": (
        "vehicle instrument garment container tool flower publication"
        " _furniture food toy"
    ),
    "vehicle": "car truck bus bicycle motorcycle boat tractor",
    "instrument": "guitar violin piano drum trumpet flute",
    "garment": "hat shirt coat dress scarf sweater",
    "container": "box basket bucket bottle cup suitcase",
    "tool": "hammer saw shovel rake axe",
    "flower": "rose tulip daisy lily sunflower",
    "publication": "book newspaper magazine",
    "_furniture": "chair table bed sofa",
    "food": "fruit vegetable bread",
    "fruit": "apple banana pear lemon peach melon",
    "vegetable": "carrot onion potato cabbage turnip",
    "toy": "doll kite puzzle",
}
# Children that may overlap with their siblings.
_OTHERS = {
    "person": "doctor nurse farmer teacher singer painter soldier tourist chef",
    "dog": "puppy",
    "cat": "kitten",
    "horse": "pony",
    "sheep": "lamb",
    "car": "taxi",
    "book": "novel dictionary",
    "hat": "cap",
    "bread": "baguette",
}
# Sets that verbs and adjectives speak of, besides those above.
_SETS = {
    "_any": "_animate vehicle instrument garment container tool flower",
    "_load": "child container instrument tool garment",
    "_luggage": "container instrument tool publication toy",
    "_peel": "fruit carrot onion potato turnip",
    "_clean": "vehicle container tool _furniture fruit vegetable",
    "_push": "vehicle _furniture container",
    "_lid": "box basket bottle suitcase",
    "_throw": "hat shirt fruit toy bottle",
    "_goods": "vehicle instrument garment tool flower food publication toy",
    "_device": "vehicle instrument _furniture toy",
    "_motor": "car truck bus tractor",
}
_PLURALS = {
    "person": "people",
    "man": "men",
    "woman": "women",
    "child": "children",
    "sheep": "sheep",
    "wolf": "wolves",
    "goose": "geese",
    "scarf": "scarves",
    "potato": "potatoes",
}
# Words for stuff: no "a", no plural.
MASS = frozenset({"bread", "fruit", "food"})
# What one does for a living says nothing of being a man or a woman.
OCCUPATIONS = frozenset(_OTHERS["person"].split())

_parents: dict[str, list[str]] = {}
for _table in (_EXCLUSIVE, _OTHERS):
    for _parent, _children in _table.items():
        _parents.setdefault(_parent, []).extend(_children.split())

_everything = relate(_parents, [c.split() for c in _EXCLUSIVE.values()])
NOUNS = relate(
    _parents,
    [c.split() for c in _EXCLUSIVE.values()],
    hidden=[name for name in _parents if name.startswith("_")],
)


def members(names: str) -> tuple[str, ...]:
    """Returns the nouns of sets or kinds, given with spaces between them."""
    found: dict[str, None] = {}
    for name in names.split():
        if name in _SETS:
            found |= dict.fromkeys(members(_SETS[name]))
        else:
            below = (name, *_everything.down[name])
            found |= dict.fromkeys(n for n in below if n in NOUNS.up)
    return tuple(found)


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

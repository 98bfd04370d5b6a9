"""Attributes by their names, and in the words of a caption.

A caption is a sentence whose words are names of attributes, in any order, with
words that say nothing between them: "Smiling, with wavy hair". Of captioned
scenes it has one of each of `scenes.CHOICES`: "a small red disc at the top
left".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from tfgen.data import scenes
from tfgen.errors import UserError, one_of
from tfgen.model import Model

# What a name is not made of: it says nothing.
FILLERS = frozenset(
    "a an the this that it there is are has at in on of to with and".split()
)
# Kind, size, colour and both places are filled in.
_FORMS = (
    "a {size} {colour} {kind} at the {top} {left}",
    "at the {top} {left} there is a {size} {colour} {kind}",
    "a {colour} {kind} that is {size}, on the {left} at the {top}",
    "{size}, {colour}, {top}, {left}: a {kind}",
)


def captions_of(attributes: np.ndarray) -> tuple[str, ...]:
    """Returns the captions of a captioned scene; the first is the usual one.

    Args:
      attributes: [K], of `scenes.WORDS`.
    """
    chosen = scenes.chosen(attributes[None])[:, 0]
    size, colour, kind, top, left = (
        words[i] for words, i in zip(scenes.CHOICES, chosen)
    )
    return tuple(
        form.format(size=size, colour=colour, kind=kind, top=top, left=left)
        for form in _FORMS
    )


def names_in(caption: str, names: Sequence[str]) -> list[str]:
    """Returns the names that a caption says, in their order.

    Case and punctuation do not count; "wavy hair" is `Wavy_Hair`. Where two
    names fit, the longer one is said; a name that is also a word that says
    nothing (`FILLERS`) is a name.

    Args:
      caption: see above.
      names: of all attributes.

    Raises:
      UserError: a word that is none of a name; no name at all; of captioned
        scenes none of a choice, or several.
    """
    known = {_words(name): name for name in names}
    longest = max(map(len, known))
    rest, said = _words(caption), set()
    while rest:
        sizes = range(longest, 0, -1)
        size = next((n for n in sizes if rest[:n] in known), 0)
        if size:
            said.add(known[rest[:size]])
        elif rest[0] not in FILLERS:
            one_of("caption", rest[0], names)  # which raises
        rest = rest[size or 1 :]
    one_each, wrong = tuple(names) == scenes.WORDS, []
    for words in scenes.CHOICES if one_each else (names,):
        found = [word for word in words if word in said]
        if not found or (one_each and len(found) > 1):
            got = " and ".join(found) or "none"
            wrong.append(f"one of {', '.join(words)}, got {got}")
    if wrong:
        raise UserError(f"caption={caption}: expected {'; '.join(wrong)}.")
    return [name for name in names if name in said]


def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[^\W_]+", text.casefold()))


def attributes_of(said: str | Sequence[str], model: Model) -> np.ndarray:
    """Returns 1 for each attribute that is said, the others 0, [K] float32.

    Args:
      said: a caption, or names.
      model: takes attributes, which have names.

    Raises:
      UserError: it takes none, they have no names, or see `names_in`.
    """
    setting = "caption" if isinstance(said, str) else "attributes"
    if "attributes" not in model.conditions:
        raise UserError(f"{setting}: {model.name} takes none.")
    known = {field.name: field.names for field in model.spec.fields}
    names = known["attributes"]
    if not names:
        raise UserError(f"{setting}: the attributes of the data have no names.")
    if isinstance(said, str):
        said = names_in(said, names)
    for name in said:
        one_of(setting, name, names)
    return np.isin(names, list(said)).astype(np.float32)

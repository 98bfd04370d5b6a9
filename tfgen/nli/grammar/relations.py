"""How the meanings of words of one part of speech are related."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Collection, Iterable, Mapping


@dataclasses.dataclass(frozen=True)
class Relations:
    """Hypernyms, hyponyms and exclusion.

    Attributes:
      up: word -> its hypernyms, near and far.
      down: word -> its hyponyms.
      excluded: word -> words that are never true of the same thing at the same
        time. Hyponyms inherit them.
    """

    up: Mapping[str, tuple[str, ...]]
    down: Mapping[str, tuple[str, ...]]
    excluded: Mapping[str, tuple[str, ...]]

    def implies(self, a: str, b: str) -> bool:
        """Returns whether whatever is `a` is `b`."""
        return a == b or b in self.up[a]

    def excludes(self, a: str, b: str) -> bool:
        """Returns whether nothing is both."""
        return b in self.excluded[a]

    def independent(self, a: str, b: str) -> bool:
        """Returns whether neither says anything about the other."""
        return not (
            self.implies(a, b) or self.implies(b, a) or self.excludes(a, b)
        )


def relate(
    parents: Mapping[str, Iterable[str]],
    exclusive: Collection[Collection[str]],
    others: Iterable[str] = (),
) -> Relations:
    """Closes direct relations.

    Args:
      parents: word -> its direct hyponyms. Names that start with an underscore
        are not words; they only have hyponyms.
      exclusive: sets of words of which any two exclude each other.
      others: words that are in neither.
    """
    direct: dict[str, list[str]] = {word: [] for word in others}
    for parent, children in parents.items():
        direct.setdefault(parent, [])
        for child in children:
            direct.setdefault(child, []).append(parent)
    for word in itertools.chain(*exclusive):
        direct.setdefault(word, [])

    def above(word: str) -> set[str]:
        return {word}.union(*(above(parent) for parent in direct[word]))

    closure = {word: above(word) for word in direct}
    apart = {
        pair for group in exclusive for pair in itertools.permutations(group, 2)
    }
    words = [word for word in direct if not word.startswith("_")]

    def table(related, names=words) -> dict[str, tuple[str, ...]]:
        return {a: tuple(b for b in words if related(a, b)) for a in names}

    return Relations(
        up=table(lambda a, b: a != b and b in closure[a]),
        down=table(lambda a, b: a != b and a in closure[b], direct),
        excluded=table(
            lambda a, b: any(
                (x, y) in apart for x in closure[a] for y in closure[b]
            )
        ),
    )

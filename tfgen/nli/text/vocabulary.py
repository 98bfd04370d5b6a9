"""Words and their numbers."""

from __future__ import annotations

import collections
from collections.abc import Iterable

from tfgen.config import DataSpec
from tfgen.errors import UserError

PADDING, UNKNOWN = 0, 1
SPECIAL = ("<pad>", "<unk>")  # how the two are written


class Vocabulary:
    """A list of words; a word's id is its place.

    Id 0 is padding and 1 any unknown word; words follow by falling frequency,
    ties in the order of their code points.

    Attributes:
      tokens: all tokens; that of id `i` at place `i`.
    """

    def __init__(self, words: Iterable[str]):
        """Makes a vocabulary.

        Args:
          words: from id 2 on, in order.

        Raises:
          UserError: a word appears twice, or cannot be a word.
        """
        self.tokens = (*SPECIAL, *words)
        self._ids = {token: i for i, token in enumerate(self.tokens)}
        if len(self._ids) < len(self.tokens):
            ((word, _),) = collections.Counter(self.tokens).most_common(1)
            raise UserError(
                f"vocabulary: the word {word!r} appears twice; expected every"
                " word once."
            )
        for token in self.tokens:
            if not token or " " in token or "\n" in token:
                raise UserError(
                    f"vocabulary: expected words without spaces, got {token!r}."
                )
        # Text that spells a special token is an unknown word like others.
        self._ids |= dict.fromkeys(SPECIAL, UNKNOWN)

    def text(self) -> str:
        """Returns the lines of a text file: line `i` is id `i`."""
        return "\n".join(self.tokens) + "\n"

    def __len__(self) -> int:
        return len(self.tokens)

    def encode(self, words: Iterable[str]) -> list[int]:
        """Returns the ids of words; never that of padding."""
        ids = self._ids
        return [ids.get(word, UNKNOWN) for word in words]


def vocabulary_size(spec: DataSpec) -> int:
    """Returns V, padding and the unknown word included."""
    return len(SPECIAL) + len(spec.vocabulary)

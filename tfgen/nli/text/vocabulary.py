"""Words and their numbers."""

from __future__ import annotations

import collections
import pathlib
from collections.abc import Iterable, Sequence

from tfgen.config import DataSpec
from tfgen.errors import UserError

PADDING, UNKNOWN = 0, 1
SPECIAL = ("<pad>", "<unk>")  # how the two are written


class Vocabulary:
    """A list of words; a word's id is its place.

    Id 0 is padding and 1 any unknown word; words follow by falling frequency,
    ties in the order of their code points.
    """

    def __init__(self, words: Iterable[str]):
        """Makes a vocabulary.

        Args:
          words: from id 2 on, in order.

        Raises:
          UserError: a word appears twice, or cannot be a word.
        """
        self._tokens = (*SPECIAL, *words)
        self._ids = {token: i for i, token in enumerate(self._tokens)}
        if len(self._ids) < len(self._tokens):
            counts = collections.Counter(self._tokens)
            word = next(w for w, n in counts.items() if n > 1)
            raise UserError(
                f"vocabulary: the word {word!r} appears twice; expected every"
                " word once."
            )
        for token in self._tokens:
            if not token or " " in token or "\n" in token:
                raise UserError(
                    f"vocabulary: expected words without spaces, got {token!r}."
                )
        # Text that spells a special token is an unknown word like others.
        for token in SPECIAL:
            self._ids[token] = UNKNOWN

    @classmethod
    def build(
        cls, sentences: Iterable[Sequence[str]], min_count: int = 1
    ) -> Vocabulary:
        """Counts the words of the training split.

        Args:
          sentences: tokens of each; premises and hypotheses alike.
          min_count: words that are rarer are unknown.
        """
        counts: collections.Counter[str] = collections.Counter()
        for sentence in sentences:
            counts.update(sentence)
        for token in SPECIAL:
            counts.pop(token, None)
        kept = ((w, n) for w, n in counts.items() if n >= min_count)
        return cls(w for w, _ in sorted(kept, key=lambda e: (-e[1], e[0])))

    @classmethod
    def load(cls, path: str | pathlib.Path) -> Vocabulary:
        """Reads what `save` wrote.

        Raises:
          UserError: no such file, or not a vocabulary.
        """
        try:
            text = pathlib.Path(path).read_bytes().decode()
        except OSError as error:
            raise UserError(
                f"{path}: cannot be read: {error.strerror}."
            ) from error
        except UnicodeDecodeError as error:
            raise UserError(
                f"{path}: expected a vocabulary in UTF-8, one word a line:"
                f" byte {error.start} is not."
            ) from error
        tokens = tuple(text.removesuffix("\n").split("\n"))
        if tokens[: len(SPECIAL)] != SPECIAL:
            raise UserError(
                f"{path}: expected a vocabulary that starts with the lines"
                f" {' and '.join(SPECIAL)}, got {tokens[0][:40]!r} first."
            )
        try:
            return cls(tokens[len(SPECIAL) :])
        except UserError as error:
            raise UserError(f"{path}: {error}") from error

    def save(self, path: str | pathlib.Path) -> None:
        """Writes a text file: UTF-8, one token a line, line `i` is id `i`."""
        # Bytes: text mode would end lines in another way on some systems.
        pathlib.Path(path).write_bytes(self.text().encode())

    def text(self) -> str:
        """Returns what `save` writes."""
        return "\n".join(self._tokens) + "\n"

    def __len__(self) -> int:
        return len(self._tokens)

    def __contains__(self, word: str) -> bool:
        return self._ids.get(word, UNKNOWN) != UNKNOWN

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self._tokens == other._tokens

    __hash__ = None

    @property
    def tokens(self) -> tuple[str, ...]:
        """All tokens; that of id `i` at place `i`."""
        return self._tokens

    def encode(self, words: Iterable[str]) -> list[int]:
        """Returns the ids of words; never that of padding."""
        ids = self._ids
        return [ids.get(word, UNKNOWN) for word in words]

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Returns the tokens of ids, without padding."""
        return [self._tokens[i] for i in ids if i != PADDING]


def vocabulary_size(spec: DataSpec) -> int:
    """Returns V, padding and the unknown word included."""
    return len(SPECIAL) + len(spec.vocabulary)

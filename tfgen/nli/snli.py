"""SNLI and MultiNLI as they are published: a folder of files.

Bowman et al. 2015, arXiv:1508.05326; Williams et al. 2018, arXiv:1704.05426.
"""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Callable

from tfgen.errors import UserError
from tfgen.nli import rows
from tfgen.nli.pairs import Pair
from tfgen.nli.source import PairSource

# Our split -> file, without its ending. MultiNLI's test labels are not
# published; its two development sets take their places.
_SNLI = {
    "train": "snli_1.0_train",
    "validation": "snli_1.0_dev",
    "test": "snli_1.0_test",
}
_MULTINLI = {
    "train": "multinli_1.0_train",
    "validation": "multinli_1.0_dev_matched",
    "test": "multinli_1.0_dev_mismatched",
}
_ENDINGS = (".jsonl", ".txt")

# How the Penn Treebank writes brackets, which mean something else in a parse.
_ESCAPES = {
    "-LRB-": "(",
    "-RRB-": ")",
    "-LSB-": "[",
    "-RSB-": "]",
    "-LCB-": "{",
    "-RCB-": "}",
}


def load(folder: str, tokens: str, skip_bad: bool) -> PairSource:
    """Opens a folder of SNLI or of MultiNLI.

    Args:
      folder: holds the files, `.jsonl` or `.txt`.
      tokens: "parse", the tokens of the Stanford parser
        (`sentence1_binary_parse`), or "text", the sentences as they were
        written (`sentence1`).
      skip_bad: skip and count malformed rows.

    Raises:
      UserError: a file is missing, or another argument than these.
    """
    if tokens not in ("parse", "text"):
        raise UserError(
            f"--set data.tokens={tokens}: expected one of parse, text."
        )
    files = find_files(folder)
    to_pair = _parsed_pair if tokens == "parse" else _text_pair
    return PairSource(
        {
            split: functools.partial(_read, path, to_pair, skip_bad)
            for split, path in files.items()
        },
        tokenized=tokens == "parse",
    )


def find_files(folder: str) -> dict[str, pathlib.Path]:
    """Returns split -> file.

    Raises:
      UserError: one is missing.
    """
    root = pathlib.Path(folder)
    if not root.is_dir():
        raise UserError(
            f"{folder}: not a folder; expected one with the files"
            f" {', '.join(f'{name}.jsonl' for name in _SNLI.values())} (or"
            " .txt), or MultiNLI's."
        )
    for names in (_SNLI, _MULTINLI):
        found = {
            split: path
            for split, name in names.items()
            for ending in reversed(_ENDINGS)  # the last, .jsonl, wins
            if (path := root / (name + ending)).is_file()
        }
        missing = [name for split, name in names.items() if split not in found]
        if not missing:
            return found
        if found:
            raise UserError(
                f"{folder}: {missing[0]}.jsonl (or .txt) is missing."
            )
    raise UserError(
        f"{folder}: no file of SNLI or MultiNLI; expected"
        f" {_SNLI['train']}.jsonl (or .txt) and its like."
    )


def tokens_of_parse(parse: str) -> str:
    """Returns the tokens of a binary parse, joined by spaces.

    `( ( A dog ) ( barks . ) )` -> `A dog barks .`; brackets that the parse
    escapes (`-LRB-`) are brackets again, as raw text has them.
    """
    tokens = [t for t in parse.split(" ") if t not in ("(", ")", "")]
    if "-" in parse:
        tokens = [_ESCAPES.get(t, t) for t in tokens]
    return " ".join(tokens)


def _read(
    path: pathlib.Path,
    to_pair: Callable[[rows.Row], Pair | None],
    skip_bad: bool,
    counts,
):
    return rows.read_pairs(path, to_pair, counts, skip_bad)


def _parsed_pair(row: rows.Row) -> Pair | None:
    label = rows.label(row, "gold_label")
    if label is None:
        return None
    return Pair(
        tokens_of_parse(rows.text(row, "sentence1_binary_parse")),
        tokens_of_parse(rows.text(row, "sentence2_binary_parse")),
        label,
    )


def _text_pair(row: rows.Row) -> Pair | None:
    label = rows.label(row, "gold_label")
    if label is None:
        return None
    return Pair(rows.text(row, "sentence1"), rows.text(row, "sentence2"), label)

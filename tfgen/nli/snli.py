"""SNLI and MultiNLI as they are published: a folder of files.

Bowman et al. 2015, arXiv:1508.05326; Williams et al. 2018, arXiv:1704.05426.
"""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

from tfgen.errors import UserError
from tfgen.nli import rows
from tfgen.nli.pairs import Pair
from tfgen.nli.source import PairSource
from tfgen.nli.text.tokenizer import split_tokens

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
      skip_bad: leave out malformed rows, and say how many.

    Raises:
      UserError: a file is missing, or another argument than these.
    """
    if tokens not in ("parse", "text"):
        raise UserError(f"data.tokens={tokens}: expected one of parse, text.")
    files = _files(folder)
    if tokens == "text":
        columns = ("sentence1", "sentence2", "gold_label")
        return PairSource(
            lambda split: rows.read_pairs(files[split], columns, skip_bad)
        )
    columns = ("sentence1_binary_parse", "sentence2_binary_parse", "gold_label")

    def parsed(split: str) -> Iterator[Pair]:
        for p, h, label in rows.read_pairs(files[split], columns, skip_bad):
            yield Pair(tokens_of_parse(p), tokens_of_parse(h), label)

    return PairSource(parsed, split_tokens)


def _files(folder: str) -> dict[str, pathlib.Path]:
    """Split -> file."""
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

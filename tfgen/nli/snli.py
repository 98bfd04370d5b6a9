"""SNLI and MultiNLI as they are published: a folder of files.

Bowman et al. 2015, arXiv:1508.05326; Williams et al. 2018, arXiv:1704.05426.
"""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tfgen.data.source import SPLITS
from tfgen.errors import UserError, one_of
from tfgen.nli import rows
from tfgen.nli.pairs import LABELS, Pair
from tfgen.nli.source import PairSource
from tfgen.nli.tally import Tally
from tfgen.nli.text.tokenizer import split_tokens

if TYPE_CHECKING:
    from tfgen.nli.settings import NliDataConfig

# Files of the three splits, without their endings. MultiNLI's test labels are
# not published; its two development sets take their places.
_SNLI = ("snli_1.0_train", "snli_1.0_dev", "snli_1.0_test")
_MULTINLI = (
    "multinli_1.0_train",
    "multinli_1.0_dev_matched",
    "multinli_1.0_dev_mismatched",
)
_ENDINGS = (".jsonl", ".txt")

# How the Penn Treebank writes brackets, which mean something else in a parse.
_ESCAPES = dict(zip("-LRB- -RRB- -LSB- -RSB- -LCB- -RCB-".split(), "()[]{}"))


def published_pairs(folder: str, config: NliDataConfig) -> PairSource:
    """Opens a folder of SNLI or of MultiNLI.

    Args:
      folder: holds the files, `.jsonl` or `.txt`.
      config: `tokens`: "parse", the tokens of the Stanford parser
        (`sentence1_binary_parse`), or "text", the sentences as they were
        written (`sentence1`); `skip_bad_records`.

    Raises:
      UserError: a file is missing, or `tokens` is something else.
    """
    one_of("data.tokens", config.tokens, ("parse", "text"))
    files = _files(folder)
    is_text = config.tokens == "text"
    kind = "" if is_text else "_binary_parse"
    other = "choose the sentences by data.tokens=text or data.tokens=parse"
    columns = {
        f"sentence1{kind}": other,
        f"sentence2{kind}": other,
        "gold_label": "expected the columns of SNLI; data=pairs:PATH reads any",
    }

    def read(split: str, tally: Tally) -> Iterator[Pair]:
        return rows.read_pairs(
            files[split],
            columns,
            config.skip_bad_records,
            tally,
            LABELS,
            config.no_label,
        )

    def parsed(split: str, tally: Tally) -> Iterator[Pair]:
        for p, h, label in read(split, tally):
            yield Pair(tokens_of_parse(p), tokens_of_parse(h), label)

    if is_text:
        return PairSource(read, labels=LABELS)
    return PairSource(parsed, split_tokens, LABELS)


def _files(folder: str) -> dict[str, pathlib.Path]:
    """Split -> file."""
    root = pathlib.Path(folder)
    if not root.is_dir():
        raise UserError(
            f"{folder}: not a folder; expected one with the files"
            f" {', '.join(f'{name}.jsonl' for name in _SNLI)} (or .txt), or"
            " MultiNLI's."
        )
    for names in (_SNLI, _MULTINLI):
        files = [rows.find(root, [name], _ENDINGS) for name in names]
        if all(files):
            return dict(zip(SPLITS, files))
        if any(files):
            missing = names[files.index(None)]
            raise UserError(
                f"{folder}: {missing}.jsonl (or .txt, or packed: .gz) is"
                " missing."
            )
    raise UserError(
        f"{folder}: no file of SNLI or MultiNLI; expected {_SNLI[0]}.jsonl (or"
        f" .txt) and the others; other files are data=pairs:{folder}."
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

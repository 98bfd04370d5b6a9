"""A user's own pairs: CSV, TSV or JSON lines with named columns."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

from tfgen.data.source import SPLITS, split_of
from tfgen.errors import UserError
from tfgen.nli import rows
from tfgen.nli.pairs import Pair
from tfgen.nli.source import PairSource

# What files of a folder may be called.
_NAMES = {
    "train": ("train",),
    "validation": ("validation", "dev", "valid", "val"),
    "test": ("test",),
}


def load(
    path: str,
    premise: str = "premise",
    hypothesis: str = "hypothesis",
    label: str = "label",
    skip_bad: bool = False,
) -> PairSource:
    """Opens a table.

    Args:
      path: a file, or a folder with `train`, `validation` (or `dev`) and
        `test`, each `.csv`, `.tsv` or `.jsonl`. Of one file, the splits get
        80 %, 10 % and 10 % of the premises, by a hash of their text: rows of
        one premise stay together, whatever other rows there are.
      premise: name of the column.
      hypothesis: name of the column.
      label: name of the column; its values are names or numbers of labels, or
        "-" for none.
      skip_bad: leave out malformed rows, and say how many.

    Raises:
      UserError: a file is missing.
    """
    columns = (premise, hypothesis, label)
    place = pathlib.Path(path)
    if place.is_dir():
        files = {split: _file(place, split) for split in SPLITS}
        return PairSource(
            lambda split: rows.read_pairs(files[split], columns, skip_bad)
        )
    if not place.is_file():
        raise UserError(
            f"{path}: not found; expected a file that ends in"
            f" {', '.join(rows.ENDINGS)}, or a folder with train, validation"
            " and test."
        )

    def part(split: str) -> Iterator[Pair]:
        for pair in rows.read_pairs(place, columns, skip_bad):
            if split_of("nli table", pair.premise) == split:
                yield pair

    return PairSource(part)


def _file(folder: pathlib.Path, split: str) -> pathlib.Path:
    for name in _NAMES[split]:
        for ending in rows.ENDINGS:
            path = folder / (name + ending)
            if path.is_file():
                return path
    raise UserError(
        f"{folder}: no {' or '.join(_NAMES[split])}"
        f" ({', '.join(rows.ENDINGS)}) in it."
    )

"""A user's own pairs: CSV, TSV or JSON lines with named columns."""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Iterator

from tfgen.data.keys import fraction
from tfgen.data.source import SPLITS
from tfgen.errors import UserError
from tfgen.nli import rows
from tfgen.nli.pairs import Pair
from tfgen.nli.source import Counts, PairSource

_ENDINGS = (".csv", ".tsv", ".jsonl")
# What files of a folder may be called.
_NAMES = {
    "train": ("train",),
    "validation": ("validation", "dev", "valid", "val"),
    "test": ("test",),
}
# Of one file: these shares of its premises.
_CUTS = {"train": (0.0, 0.8), "validation": (0.8, 0.9), "test": (0.9, 1.0)}


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
      skip_bad: skip and count malformed rows.

    Raises:
      UserError: a file is missing.
    """

    def to_pair(row: rows.Row) -> Pair | None:
        number = rows.label(row, label)
        if number is None:
            return None
        return Pair(rows.text(row, premise), rows.text(row, hypothesis), number)

    place = pathlib.Path(path)
    if place.is_dir():
        return PairSource(
            {
                split: functools.partial(
                    _whole, _file(place, split), to_pair, skip_bad
                )
                for split in SPLITS
            }
        )
    if not place.is_file():
        raise UserError(
            f"{path}: not found; expected a file that ends in"
            f" {', '.join(_ENDINGS)}, or a folder with train, validation and"
            " test."
        )
    return PairSource(
        {
            split: functools.partial(_part, split, place, to_pair, skip_bad)
            for split in SPLITS
        }
    )


def _file(folder: pathlib.Path, split: str) -> pathlib.Path:
    for name in _NAMES[split]:
        for ending in _ENDINGS:
            path = folder / (name + ending)
            if path.is_file():
                return path
    raise UserError(
        f"{folder}: no {' or '.join(_NAMES[split])}"
        f" ({', '.join(_ENDINGS)}) in it."
    )


def _whole(path, to_pair, skip_bad, counts: Counts) -> Iterator[Pair]:
    return rows.read_pairs(path, to_pair, counts, skip_bad)


def _part(split, path, to_pair, skip_bad, counts: Counts) -> Iterator[Pair]:
    low, high = _CUTS[split]
    everything = Counts()
    for pair in rows.read_pairs(path, to_pair, everything, skip_bad):
        if low <= fraction("nli table", pair.premise) < high:
            counts.pairs += 1
            yield pair
    # Which split they would be in is not known.
    counts.unlabelled += everything.unlabelled
    counts.bad += everything.bad

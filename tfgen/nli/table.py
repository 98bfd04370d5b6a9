"""A user's own pairs: CSV, TSV or JSON lines with named columns."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tfgen.data.source import split_of
from tfgen.errors import UserError
from tfgen.nli import rows
from tfgen.nli.pairs import Pair
from tfgen.nli.source import PairSource

if TYPE_CHECKING:
    from tfgen.nli.settings import NliDataConfig

# Names that the files of a folder may have.
_NAMES = {
    "train": ("train",),
    "validation": ("validation", "dev", "valid", "val"),
    "test": ("test",),
}
_ENDINGS = ", ".join(rows.ENDINGS)


def table_pairs(path: str, config: NliDataConfig) -> PairSource:
    """Opens a table.

    Args:
      path: a file, or a folder with `train`, `validation` (or `dev`) and
        `test`, each `.csv`, `.tsv` or `.jsonl`. Of one file, the splits get
        80 %, 10 % and 10 % of the premises, by a hash of their text: rows of
        one premise stay together, whatever other rows there are.
      config: names of the columns, of which that of labels holds names or
        numbers, or "-" for none; and `skip_bad_records`.

    Raises:
      UserError: a file is missing.
    """
    place = pathlib.Path(path)
    files = {split: _file(place, split) for split in _NAMES}
    columns = config.premise_column, config.hypothesis_column
    columns += (config.label_column,)

    def read(split: str) -> Iterator[Pair]:
        return rows.read_pairs(files[split], columns, config.skip_bad_records)

    def part(split: str) -> Iterator[Pair]:
        for pair in read(split):
            if split_of("nli table", pair.premise) == split:
                yield pair

    return PairSource(read if place.is_dir() else part)


def _file(place: pathlib.Path, split: str) -> pathlib.Path:
    """The file of a split; a file alone holds all splits."""
    if place.is_file():
        return place
    if not place.is_dir():
        raise UserError(
            f"{place}: not found; expected a file that ends in {_ENDINGS}, or"
            " a folder with train, validation and test."
        )
    file = rows.find(place, _NAMES[split], rows.ENDINGS)
    if not file:
        raise UserError(
            f"{place}: no {' or '.join(_NAMES[split])} ({_ENDINGS}) in it."
        )
    return file

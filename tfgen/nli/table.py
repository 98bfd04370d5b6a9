"""A user's own pairs: CSV, TSV or JSON lines with named columns."""

from __future__ import annotations

import pathlib
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from tfgen.data.source import split_of
from tfgen.errors import UserError
from tfgen.nli import rows
from tfgen.nli.pairs import Pair
from tfgen.nli.source import PairSource
from tfgen.nli.tally import Tally

if TYPE_CHECKING:
    from tfgen.nli.settings import NliDataConfig

# Names that the files of a folder may have.
_NAMES = {
    "train": ("train",),
    "validation": ("validation", "dev", "valid", "val"),
    "test": ("test",),
}
_ENDINGS = (*rows.ENDINGS, ".json")
_EXPECTED = ", ".join(_ENDINGS)


def table_pairs(
    path: str, config: NliDataConfig, labels: Collection[str] = ()
) -> PairSource:
    """Opens a table.

    Args:
      path: a file, or a folder with `train`, `validation` (or `dev`) and
        `test`, see `rows.read_pairs`. Of one file, the splits get 80 %, 10 %
        and 10 % of the premises, by a hash of their text: rows of one premise
        stay together, whatever other rows there are. Their labels are those of
        the whole file.
      config: names of the columns, of which that of labels holds names or
        numbers; what stands for none; and `skip_bad_records`.
      labels: that a row may have; without any, all that there are.

    Raises:
      UserError: a file is missing.
    """
    place = pathlib.Path(path)
    if place.is_dir():
        files = {split: _file(place, split) for split in _NAMES}
    elif place.is_file():
        files = dict.fromkeys((*_NAMES, "all"), place)
    else:
        raise UserError(
            f"{place}: not found; expected a file that ends in {_EXPECTED}, or"
            " a folder with train, validation and test."
        )
    columns = {
        getattr(config, setting): f"name the column by data.{setting}=NAME"
        for setting in ("premise_column", "hypothesis_column", "label_column")
    }
    if len(columns) < 3:
        raise UserError(
            f"data.label_column={config.label_column}: expected three columns,"
            f" got {', '.join(columns)}."
        )

    def read(split: str, tally: Tally) -> Iterator[Pair]:
        return rows.read_pairs(
            files[split],
            columns,
            config.skip_bad_records,
            tally,
            labels,
            config.no_label,
        )

    seen: set[str] = set()

    def part(split: str, tally: Tally) -> Iterator[Pair]:
        for pair in read(split, tally):
            seen.add(pair.label)
            if split in ("all", split_of("nli table", pair.premise)):
                yield pair

    if place.is_dir():
        return PairSource(read)
    return PairSource(part, whole="all", seen=seen)


def _file(folder: pathlib.Path, split: str) -> pathlib.Path:
    """The file of a split."""
    file = rows.find(folder, _NAMES[split], _ENDINGS)
    if not file:
        raise UserError(
            f"{folder}: no {' or '.join(_NAMES[split])} ({_EXPECTED}) in it."
        )
    return file

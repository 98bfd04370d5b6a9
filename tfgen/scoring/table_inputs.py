"""A table as inputs: columns by the names that the model was trained on."""

import copy
import math
import os
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from tfgen.config import Column, DataSpec
from tfgen.data.source import class_numbers
from tfgen.data.table_file import Piece, TableFile
from tfgen.errors import UserError, one_of
from tfgen.scoring import block


def source(
    path: str, spec: DataSpec, conditions: Sequence[str], label_column: str
) -> block.Source:
    """Returns the rows of a table; see `inputs.sources`.

    Its columns may be in any order, and there may be others.
    """
    file = block.existing(os.path.expanduser(path.removeprefix("csv:")))
    fields, texts = _columns(path, spec, conditions, label_column)
    table = TableFile(file, skip_malformed=True)
    names = [column.name for columns in fields.values() for column in columns]
    for name in names:
        one_of(f"input={path}: column", name, table.numeric)
    if missing := [name for name in texts if name not in table.numeric]:
        raise UserError(
            f"input={path}: no column {missing[0]}, the class of a row;"
            " expected one, or a class of all rows by label=…."
        )
    ends = np.cumsum([len(columns) for columns in fields.values()])[:-1]

    def blocks(start: int) -> Iterator[block.Block]:
        first = 0
        for piece, malformed in _all_rows(table, names, texts):
            count = len(piece.numbers) + len(malformed)
            places = np.delete(np.arange(count), [*malformed])
            rows = np.zeros((count, len(names)), np.float32)
            rows[places] = piece.numbers
            read = dict(zip(fields, np.split(rows, ends, axis=1)))
            for name in texts:
                read["label"] = label = np.zeros(count, np.int32)
                label[places] = class_numbers(piece.texts[name], spec.labels)
            for low in range(max(start - first, 0), count, block.SIZE):
                high = low + block.SIZE
                part = {f: v[low:high] for f, v in read.items()}
                bad = _bad_rows(part, spec.labels) | {
                    i - low: why
                    for i, why in malformed.items()
                    if low <= i < high
                }
                yield block.of_rows(
                    path, first + low, part, dict(sorted(bad.items()))
                )
            first += count

    return block.Source(block.identity(file, *names, *texts), None, 0, blocks)


def _columns(
    path: str, spec: DataSpec, conditions: Sequence[str], label_column: str
) -> tuple[dict[str, Sequence[Column]], list[str]]:
    """Field -> its columns of numbers; and the columns of text."""
    fields = {field.name: field.columns for field in spec.fields}
    fields = {"x": spec.columns} | {n: fields.get(n, ()) for n in conditions}
    texts = []
    if "label" in fields and label_column:
        del fields["label"]
        texts = [label_column]
    for field, columns in fields.items():
        if not columns:
            raise UserError(
                f"input={path}: the model's {field} is of no table; expected"
                " images or arrays"
                + (", or label=CLASS." if conditions else ".")
            )
    return fields, texts


def _all_rows(
    table: TableFile, names: Sequence[str], texts: Sequence[str]
) -> Iterator[tuple[Piece, dict[int, str]]]:
    """Pieces, and place among their rows -> what is wrong with malformed ones.

    Places count from 0 over both kinds of rows. A malformed row is of the piece
    that the next good one is in.
    """
    table = copy.copy(table)
    table.left_out = left_out = []
    first = taken = 0

    def malformed(count: float) -> dict[int, str]:
        """Those before the last of `count` good rows."""
        nonlocal taken
        found = {}
        while taken < len(left_out):
            number, why = left_out[taken]
            place = number - 1 - first
            if place - len(found) >= count:
                break
            found[place] = why
            taken += 1
        return found

    for piece in table.pieces(names, texts, mend=True):
        count = len(piece.numbers)
        found = malformed(count)
        yield piece, found
        first += count + len(found)
    if found := malformed(math.inf):
        nothing = np.zeros((0, len(names)))
        yield Piece(nothing, {name: [] for name in texts}, first), found


def _bad_rows(
    read: Mapping[str, np.ndarray], labels: Sequence[str]
) -> dict[int, str]:
    """Place -> what is wrong with a row."""
    numbers = [v for field, v in read.items() if field != "label"]
    finite = np.isfinite(np.concatenate(numbers, axis=1)).all(axis=1)
    why = f"has a label that is not one of {', '.join(labels)}"
    bad = dict.fromkeys(np.flatnonzero(read.get("label", finite) < 0), why)
    why = "has a value that is missing or no number"
    bad |= dict.fromkeys(np.flatnonzero(~finite), why)
    return {int(place): why for place, why in bad.items()}

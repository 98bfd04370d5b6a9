"""Rows of files: read, judged, and turned into pairs.

A row that cannot be read is an error that names file and line, or is counted
and skipped.
"""

from __future__ import annotations

import csv
import json
import pathlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from absl import logging

from tfgen.errors import UserError
from tfgen.nli.pairs import LABELS, Pair

Row = Mapping[str, Any]
# A line of JSON, the values of a row of a table, or why there are none.
Record = str | list[str] | csv.Error
Records = Iterator[tuple[int, Record]]  # with the numbers of their lines

# Endings of a user's own files.
ENDINGS = (".csv", ".tsv", ".jsonl")

# Names and numbers of labels, and what stands for "none".
_NUMBERS: dict[str, int | None] = {
    **{name: i for i, name in enumerate(LABELS)},
    **{str(i): i for i in range(len(LABELS))},
    **dict.fromkeys(("-", "-1")),
}

# A field of a CSV file can be this long, in characters.
_MAX_FIELD = 1 << 20


class BadRow(Exception):  # noqa: N818 - caught where the row is known
    """What is wrong with a row: the end of an error message."""


def find(
    folder: pathlib.Path, names: Iterable[str], endings: Iterable[str]
) -> pathlib.Path | None:
    """Returns the first file of a folder that has a name and an ending."""
    paths = (folder / (name + end) for name in names for end in endings)
    return next(filter(pathlib.Path.is_file, paths), None)


def read_pairs(
    path: pathlib.Path, columns: Sequence[str], skip_bad: bool
) -> Iterator[Pair]:
    """Yields the pairs of a file, and says how many rows it left out.

    Args:
      path: a `.jsonl`, `.csv` (RFC 4180, with a header) or `.tsv` or `.txt`
        file (with a header, separated by tabs, without quotes).
      columns: names of premise, hypothesis and label; without the last one, all
        labels are 0. A label is a name or a number, or "-" for none: such rows
        are left out.
      skip_bad: leave out malformed rows, too.

    Raises:
      UserError: the file cannot be read, or a row is malformed.
    """
    readers = {
        ".jsonl": _lines,
        ".json": _lines,
        ".csv": _csv_records,
        ".tsv": _tab_records,
        ".txt": _tab_records,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise UserError(
            f"{path}: expected a file that ends in {', '.join(readers)}."
        )
    bad = unlabelled = 0
    # Bytes that are not UTF-8 become lone surrogates, which `_utf8` finds.
    encoding = {"encoding": "utf-8-sig", "errors": "surrogateescape"}
    try:
        with path.open(newline="\n", **encoding) as file:
            records = reader(file)
            header = None if reader is _lines else _header(records, path)
            for line, record in records:
                try:
                    pair = _pair(_row(record, header), *columns)
                except BadRow as problem:
                    if not skip_bad:
                        raise UserError(
                            f"{path}, line {line}: {problem}; mend it, or add"
                            " skip_bad_records."
                        ) from problem
                    bad += 1
                    continue
                if pair is None:
                    unlabelled += 1
                else:
                    yield pair
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}.") from error
    if bad or unlabelled:
        say = logging.warning if bad else logging.info
        say(
            "%s: left out %d malformed rows and %d without a label.",
            path,
            bad,
            unlabelled,
        )


def _pair(
    row: Row, premise: str, hypothesis: str, label: str | None = None
) -> Pair | None:
    """The pair of a row; None if it has no label."""
    number = 0 if label is None else _label(row, label)
    if number is None:
        return None
    return Pair(_text(row, premise), _text(row, hypothesis), number)


def _field(row: Row, name: str) -> Any:
    if name not in row:
        found = ", ".join(map(str, row)) or "none"
        raise BadRow(f"no {name!r}; the row has {found[:200]}")
    return row[name]


def _text(row: Row, name: str) -> str:
    value = _field(row, name)
    if not isinstance(value, str):
        raise BadRow(f"{name!r} is {_short(value)}, expected text")
    # JSON can spell half a character ("\ud800").
    value = value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return value.replace("\n", " ")


def _label(row: Row, name: str) -> int | None:
    value = _field(row, name)
    found = value.strip().lower() if isinstance(value, str) else repr(value)
    if found in _NUMBERS:
        return _NUMBERS[found]
    raise BadRow(
        f"{name!r} is {_short(value)}, expected one of {', '.join(LABELS)}, or"
        " - for none"
    )


def _short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."


def _utf8(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        byte = ord(text[error.start]) - 0xDC00
        raise BadRow(f"the byte {byte:#x} is not UTF-8") from error
    return text


def _lines(file: Iterable[str]) -> Records:
    """Lines without their ends; empty ones are left out."""
    for number, line in enumerate(file, start=1):
        if line := line.rstrip("\r\n"):
            yield number, line


def _tab_records(file: Iterable[str]) -> Records:
    return ((number, line.split("\t")) for number, line in _lines(file))


def _csv_records(file: Iterable[str]) -> Records:
    reader = csv.reader(file, strict=True)
    while True:
        first = reader.line_num + 1
        before = csv.field_size_limit(_MAX_FIELD)
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            values = error
        finally:
            csv.field_size_limit(before)
        if values:
            yield first, values


def _header(records: Records, path: pathlib.Path) -> list[str]:
    number, values = next(records, (1, []))
    try:
        names = _values(values)
    except BadRow as problem:
        raise UserError(
            f"{path}, line {number}: no header: {problem}."
        ) from problem
    if len(set(names)) < len(names):
        raise UserError(
            f"{path}, line {number}: two columns of one name in the header."
        )
    return names


def _values(record: Record) -> list[str]:
    if isinstance(record, csv.Error):
        raise BadRow(f"not CSV ({record})")
    _utf8("".join(record))
    return record


def _row(record: Record, header: list[str] | None) -> Row:
    if header is None:
        return _object(record)
    values = _values(record)
    # Old files of SNLI leave out empty columns at the end.
    if len(values) != len(header):
        raise BadRow(
            f"{len(values)} columns, expected the header's {len(header)}"
        )
    return dict(zip(header, values))


def _object(line: str) -> Row:
    try:
        row = json.loads(_utf8(line))
    except (ValueError, RecursionError) as error:
        reason = getattr(error, "msg", "too deep or too large")
        raise BadRow(f"not JSON ({reason})") from error
    if not isinstance(row, dict):
        raise BadRow(f"is {_short(row)}, expected a JSON object")
    return row

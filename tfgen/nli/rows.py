"""Rows of files: read, judged, and turned into pairs.

A file is bytes. A row that cannot be read is an error that names file and line,
or is counted and skipped.
"""

from __future__ import annotations

import csv
import json
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from absl import logging

from tfgen.errors import UserError
from tfgen.nli.pairs import LABELS, Pair

Row = Mapping[str, Any]

# What files of a user's own end in.
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
        ".jsonl": _json_rows,
        ".json": _json_rows,
        ".csv": _csv_rows,
        ".tsv": _tab_rows,
        ".txt": _tab_rows,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise UserError(
            f"{path}: expected a file that ends in {', '.join(readers)}."
        )
    bad = unlabelled = 0
    try:
        with path.open("rb") as file:
            for line, row in reader(file, path):
                try:
                    pair = _pair(row, *columns)
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
    row: Row | BadRow, premise: str, hypothesis: str, label: str | None = None
) -> Pair | None:
    """The pair of a row; None if it has no label."""
    if isinstance(row, BadRow):
        raise row
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
    value = found = _field(row, name)
    if isinstance(value, str):
        found = value.strip().lower()
    elif isinstance(value, int) and not isinstance(value, bool):
        # Not `str`, which refuses numbers of many digits.
        found = str(value) if -1 <= value < len(LABELS) else None
    if isinstance(found, str) and found in _NUMBERS:
        return _NUMBERS[found]
    raise BadRow(
        f"{name!r} is {_short(value)}, expected one of {', '.join(LABELS)}, or"
        " - for none"
    )


def _short(value: Any) -> str:
    if isinstance(value, int) and abs(value) >= 10**9:
        return "a large number"
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."


def _lines(file) -> Iterator[tuple[int, str | BadRow]]:
    """Lines without their ends; empty ones are left out."""
    for number, line in enumerate(file, start=1):
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        line = line.rstrip(b"\r\n")
        if not line:
            continue
        try:
            yield number, line.decode()
        except UnicodeDecodeError as error:
            yield number, BadRow(f"byte {error.start} is not UTF-8")


def _json_rows(file, path) -> Iterator[tuple[int, Row | BadRow]]:
    del path
    for number, line in _lines(file):
        row = line
        if isinstance(line, str):
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                reason = getattr(error, "msg", "too deep or too large")
                row = BadRow(f"not JSON ({reason})")
            else:
                if not isinstance(row, dict):
                    row = BadRow(f"is {_short(row)}, expected a JSON object")
        yield number, row


def _tab_rows(file, path) -> Iterator[tuple[int, Row | BadRow]]:
    header = None
    for number, line in _lines(file):
        values = line.split("\t") if isinstance(line, str) else line
        if header is None:
            header = _header(values, path, number)
        else:
            yield number, _row(header, values)


def _csv_rows(file, path) -> Iterator[tuple[int, Row | BadRow]]:
    def lines() -> Iterator[str]:
        for i, line in enumerate(file):
            # What is no UTF-8 becomes a lone surrogate, and is found again in
            # the row, which may have more than one line.
            line = line.removeprefix(b"\xef\xbb\xbf") if i == 0 else line
            yield line.decode("utf-8", "surrogateescape")

    reader = csv.reader(lines(), strict=True)
    header = None
    before = csv.field_size_limit(_MAX_FIELD)
    try:
        while True:
            first = reader.line_num + 1
            csv.field_size_limit(_MAX_FIELD)
            try:
                values = next(reader)
                if header is not None:
                    "".join(values).encode()
            except StopIteration:
                return
            except csv.Error as error:
                values = BadRow(f"not CSV ({error})")
            except UnicodeEncodeError:
                values = BadRow("not UTF-8")
            if not values:
                continue
            if header is None:
                header = _header(values, path, first)
            else:
                yield first, _row(header, values)
    finally:
        csv.field_size_limit(before)


def _header(values: list[str] | BadRow, path, number) -> list[str]:
    if isinstance(values, BadRow):
        raise UserError(f"{path}, line {number}: no header: {values}.")
    if len(set(values)) < len(values):
        raise UserError(
            f"{path}, line {number}: two columns of one name in the header."
        )
    return values


def _row(header: list[str], values: list[str] | BadRow) -> Row | BadRow:
    if isinstance(values, BadRow):
        return values
    # Old files of SNLI leave out empty columns at the end.
    if len(values) != len(header):
        return BadRow(
            f"{len(values)} columns, expected the header's {len(header)}"
        )
    return dict(zip(header, values))

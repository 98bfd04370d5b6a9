"""Rows of files: read, judged, and turned into pairs.

A file is bytes. A row that cannot be read is an error that names file and line,
or is counted and skipped.
"""

from __future__ import annotations

import csv
import json
import pathlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tfgen.errors import UserError
from tfgen.nli.pairs import LABELS, Pair
from tfgen.nli.source import Counts

Row = Mapping[str, Any]

# Names and numbers of labels, and what stands for "none".
_NUMBERS: dict[Any, int] = {
    **{name: i for i, name in enumerate(LABELS)},
    **{str(i): i for i in range(len(LABELS))},
}
_UNLABELLED = ("-", "-1")

# A field of a CSV file can be this long, in characters.
_MAX_FIELD = 1 << 20


class BadRow(Exception):  # noqa: N818 - caught where the row is known
    """What is wrong with a row: the end of an error message."""


def read_pairs(
    path: pathlib.Path,
    to_pair: Callable[[Row], Pair | None],
    counts: Counts,
    skip_bad: bool,
) -> Iterator[Pair]:
    """Yields the pairs of a file.

    Args:
      path: a `.jsonl`, `.csv` (RFC 4180, with a header) or `.tsv` or `.txt`
        file (with a header, separated by tabs, without quotes).
      to_pair: row -> pair, or None if it has no label; raises `BadRow`.
      counts: is added to.
      skip_bad: skip and count malformed rows.

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
    try:
        with path.open("rb") as file:
            for line, row in reader(file, path):
                try:
                    if isinstance(row, BadRow):
                        raise row
                    pair = to_pair(row)
                except BadRow as problem:
                    if not skip_bad:
                        raise UserError(
                            f"{path}, line {line}: {problem}; mend it, or add"
                            " --skip_bad_records."
                        ) from problem
                    counts.bad += 1
                    continue
                if pair is None:
                    counts.unlabelled += 1
                else:
                    counts.pairs += 1
                    yield pair
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}.") from error


def field(row: Row, name: str) -> Any:
    """Returns a field of a row.

    Raises:
      BadRow: there is none.
    """
    if name not in row:
        found = ", ".join(map(str, row)) or "none"
        raise BadRow(f"no {name!r}; the row has {found[:200]}")
    return row[name]


def text(row: Row, name: str) -> str:
    """Returns a field that is text.

    Raises:
      BadRow: there is none, or it is something else.
    """
    value = field(row, name)
    if not isinstance(value, str):
        raise BadRow(f"{name!r} is {_short(value)}, expected text")
    try:
        value.encode()
    except UnicodeEncodeError:
        # JSON can spell half a character ("\ud800").
        value = value.encode("utf-8", "surrogatepass").decode(
            "utf-8", "replace"
        )
    return value.replace("\n", " ") if "\n" in value else value


def label(row: Row, name: str) -> int | None:
    """Returns a field that is a label, by name or number; None for "-".

    Raises:
      BadRow: there is none, or it is no label.
    """
    value = field(row, name)
    if isinstance(value, str):
        found = _NUMBERS.get(value)
        if found is not None:
            return found
        value = value.strip().lower()
    elif isinstance(value, int) and not isinstance(value, bool):
        # Not `str`, which refuses numbers of many digits.
        value = str(value) if -1 <= value < len(LABELS) else value
    if value in _UNLABELLED:
        return None
    if isinstance(value, str) and value in _NUMBERS:
        return _NUMBERS[value]
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
        if header is None:
            header = _header(line, path, number, lambda t: t.split("\t"))
        elif isinstance(line, str):
            yield number, _row(header, line.split("\t"))
        else:
            yield number, line


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
            except StopIteration:
                return
            except csv.Error as error:
                if header is None:
                    raise UserError(
                        f"{path}, line {first}: no header: {error}."
                    ) from error
                yield first, BadRow(f"not CSV ({error})")
                continue
            if not values:
                continue
            if header is None:
                header = _header(values, path, first, list)
                continue
            try:
                "".join(values).encode()
            except UnicodeEncodeError:
                yield first, BadRow("not UTF-8")
                continue
            yield first, _row(header, values)
    finally:
        csv.field_size_limit(before)


def _header(line, path, number, split) -> list[str]:
    if isinstance(line, BadRow):
        raise UserError(f"{path}, line {number}: {line}.")
    header = split(line)
    if len(set(header)) < len(header):
        raise UserError(
            f"{path}, line {number}: two columns of one name in the header."
        )
    return header


def _row(header: list[str], values: list[str]) -> Row | BadRow:
    # Old files of SNLI leave out empty columns at the end.
    if len(values) != len(header):
        return BadRow(
            f"{len(values)} columns, expected the header's {len(header)}"
        )
    return dict(zip(header, values))

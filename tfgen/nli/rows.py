"""Rows of files: read, judged, and turned into pairs.

A row that cannot be read is an error that names file and line, or is counted
and skipped.
"""

from __future__ import annotations

import codecs
import csv
import functools
import gzip
import io
import itertools
import json
import pathlib
import re
import zlib
from collections.abc import (
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from typing import Any, TextIO

from tfgen.errors import UserError
from tfgen.nli.pairs import LABELS, Pair
from tfgen.nli.tally import Tally

RawRow = Mapping[str, Any]
# A line of JSON or a value in an array, those of a row of a table, or why there
# are none.
Record = Any
Records = Iterator[tuple[int, Record]]  # with the numbers of their lines

# Endings of a user's own files; `.gz` may follow.
ENDINGS = (".csv", ".tsv", ".jsonl")
_JSON, _TABS = (".jsonl", ".json"), (".tsv", ".txt")
_READABLE = (".jsonl", ".json", ".csv", ".tsv", ".txt")

_SEPARATORS = (",", ";", "\t")  # of a CSV file

# A field of a CSV file can be this long, in characters.
_MAX_FIELD = 1 << 20
_SAMPLE = 1 << 16  # bytes that tell encoding and ends of lines

_MALFORMED, _UNLABELLED = "malformed rows left out", "rows without a label"

# That of GLUE's SNLI, some of whose rows have five annotators' labels.
_GLUE = (
    "index captionID pairID sentence1_binary_parse sentence2_binary_parse"
    " sentence1_parse sentence2_parse sentence1 sentence2 label1 gold_label"
).split()
_GLUE_FIELDS = len(_GLUE) + 4
_GLUE_ROWS = "rows of GLUE with labels 2 to 5, whose last field is gold_label"


class BadRow(Exception):  # noqa: N818 - caught where the row is known
    """What is wrong with a row: the end of an error message.

    Attributes:
      lines: of the file that the row takes.
      advice: what to do, if no row before was right.
    """

    def __init__(self, message: str, lines: int = 1, advice: str = ""):
        super().__init__(message)
        self.lines, self.advice = lines, advice


def find(
    folder: pathlib.Path, names: Iterable[str], endings: Iterable[str]
) -> pathlib.Path | None:
    """Returns the first file of a folder that has a name and an ending.

    It may be packed: `.gz` after the ending.
    """
    paths = (
        folder / (name + end + packed)
        for name in names
        for end in endings
        for packed in ("", ".gz")
    )
    return next(filter(pathlib.Path.is_file, paths), None)


def read_pairs(
    path: pathlib.Path,
    columns: Mapping[str, str],
    skip_bad: bool,
    tally: Tally,
    labels: Collection[str] = (),
    no_label: Collection[str] = (),
) -> Iterator[Pair]:
    """Yields the pairs of a file, and counts what it leaves out.

    Args:
      path: a `.jsonl` or `.json` file (an object a line, or an array of them),
        `.csv` (RFC 4180, with a header; `;` or tabs in the place of commas if
        the header has them) or `.tsv` or `.txt` (with a header, separated by
        tabs, without quotes); perhaps packed, `.gz`. UTF-8, or UTF-16. GLUE's
        SNLI has a header of 11 columns and also rows of 15: between `label1`
        and `gold_label`, which is the last, they have four more labels, which
        are not read.
      columns: names of premise, hypothesis and label, each with the setting
        that names it; without the last one no label is read.
      skip_bad: leave out malformed rows.
      tally: counts malformed rows and those without a label.
      labels: that are known; a row with another one is malformed. Without any,
        all are taken.
      no_label: what stands for none, as does an empty label.

    Raises:
      UserError: the file cannot be read, it lacks a column, a row is malformed,
        or most rows are left out.
    """
    ending = path.with_suffix("") if path.suffix == ".gz" else path
    ending = ending.suffix.lower()
    if ending not in _READABLE:
        raise UserError(
            f"{path}: expected a file that ends in {', '.join(_READABLE)}, or"
            " one of these and .gz."
        )
    tally.name = tally.name or str(path)
    names, rows, good = [*columns], 0, 0
    begun = tally.counts.copy()
    try:
        with _opened(path) as file:
            records, header = _records(file, ending, path, columns)
            for line, record in records:
                rows += 1
                try:
                    row, is_longer = _row(record, header)
                    if header is None:
                        _check_columns(row, columns)
                    pair = _pair(row, names, labels, no_label)
                except BadRow as problem:
                    where = f"{path}, line {line}"
                    if not skip_bad:
                        advice = "" if good else problem.advice
                        advice = advice or (
                            "mend it, or add skip_bad_records=true"
                        )
                        raise UserError(
                            f"{where}: {problem}; {advice}."
                        ) from problem
                    rows += problem.lines - 1
                    tally.add(_MALFORMED, f"{where}: {problem}", problem.lines)
                    continue
                if pair is None:
                    tally.add(_UNLABELLED, f"{path}, line {line}")
                else:
                    good += 1
                    if is_longer:
                        tally.note(_GLUE_ROWS, f"{path}, line {line}")
                    yield pair
    except UnicodeError as error:
        raise UserError(f"{path}: not text ({error.reason}).") from error
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{path}: cannot be read: {reason}.") from error
    tally.check(rows, tally.counts - begun)


def _opened(path: pathlib.Path) -> TextIO:
    """A file as text, whatever its encoding and the ends of its lines."""

    def opened():
        return gzip.open(path) if path.suffix == ".gz" else path.open("rb")

    with opened() as file:
        sample = file.read(_SAMPLE)
    encoding = "utf-8-sig"
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\0" in sample[:2]:  # a Latin letter in two bytes
        encoding = "utf-16-be" if sample[:1] == b"\0" else "utf-16-le"
    # Old Macs end lines by carriage returns alone.
    end = "\r" if b"\r" in sample and b"\n" not in sample else "\n"
    # Bytes that are not UTF-8 become lone surrogates, which `_utf8` finds.
    return io.TextIOWrapper(
        opened(), encoding, errors="surrogateescape", newline=end
    )


def _records(
    file: TextIO, ending: str, path: pathlib.Path, columns: Mapping[str, str]
) -> tuple[Records, list[str] | None]:
    """The rows of a file, and the names of their columns unless it is JSON."""
    blank, first = 0, file.readline(_MAX_FIELD)
    while first and not first.strip():
        blank, first = blank + 1, file.readline(_MAX_FIELD)
    lines = itertools.chain(itertools.repeat("\n", blank), [first], file)
    if ending in _JSON:
        is_array = first.lstrip().startswith("[")
        return (_array(lines, path) if is_array else _lines(lines)), None
    if ending in _TABS:
        records = ((n, line.split("\t")) for n, line in _lines(lines))
    else:
        # The first with which the header has the columns.
        head = first.strip().replace('"', "")
        fits = (s for s in _SEPARATORS if {*columns} <= {*head.split(s)})
        records = _csv_records(lines, next(fits, ","))
    header = _header(records, path)
    try:
        _check_columns(header, columns)
    except BadRow as problem:
        raise UserError(
            f"{path}, line 1: {problem}; {problem.advice}."
        ) from problem
    return records, header


def _check_columns(row: Collection[str], columns: Mapping[str, str]) -> None:
    for name, advice in columns.items():
        if name not in row:
            found = ", ".join(map(str, row)) or "none"
            raise BadRow(f"no {name!r}; it has {found[:200]}", advice=advice)


def _pair(
    row: RawRow,
    columns: Sequence[str],
    labels: Collection[str],
    no_label: Collection[str],
) -> Pair | None:
    """The pair of a row; None if it has no label."""
    texts = [_text(row, name) for name in columns[:2]]
    if len(columns) == 2:
        return Pair(*texts)
    label = label_of(value := row[columns[2]])
    if label in ("", *no_label):
        return None
    if label is None or (labels and label not in labels):
        known = f"one of {', '.join(labels)}" if labels else "a name, a number"
        raise BadRow(
            f"{columns[2]!r} is {_short(value)}, expected {known:.200}"
        )
    return Pair(*texts, label)


def label_of(value: Any) -> str | None:
    """Returns the name of a label; "" for null, None for what is no label.

    A whole number is the same label as 1, "1", 1.0 and "1.0". Those of NLI are
    known in any case.
    """
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        return None
    return _label_name(str(value))


@functools.lru_cache(1024)
def _label_name(text: str) -> str:
    name = re.sub(r"(?<=\d)[.]0+\Z", "", _clean(text).strip())
    return name.lower() if name.lower() in LABELS else name


def _text(row: RawRow, name: str) -> str:
    value = row[name]
    if not isinstance(value, str):
        raise BadRow(f"{name!r} is {_short(value)}, expected text")
    return _clean(value)


def _clean(text: str) -> str:
    # JSON can spell half a character ("\ud800").
    text = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return text.replace("\n", " ")


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


def _array(file: Iterable[str], path: pathlib.Path) -> Records:
    """The objects of a JSON array, with their numbers in it."""
    try:
        yield from enumerate(json.loads(_utf8("".join(file))), start=1)
    except (BadRow, ValueError, RecursionError) as error:
        raise UserError(f"{path}: not a JSON array ({error}).") from error


def _csv_records(file: Iterable[str], separator: str) -> Records:
    reader = csv.reader(file, strict=True, delimiter=separator)
    while True:
        first = reader.line_num + 1
        before = csv.field_size_limit(_MAX_FIELD)
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            last = reader.line_num
            values = BadRow(f"not CSV ({error})", last - first + 1)
            if last > first:
                values = BadRow(
                    f"not CSV ({error}); the row goes on to line {last}",
                    last - first + 1,
                )
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
    if not names:
        raise UserError(f"{path}: empty; expected a header and rows.")
    if len(set(names)) < len(names):
        raise UserError(
            f"{path}, line {number}: two columns of one name in the header."
        )
    return names


def _values(record: Record) -> list[str]:
    if isinstance(record, BadRow):
        raise record
    _utf8("".join(record))
    return record


def _row(record: Record, header: list[str] | None) -> tuple[RawRow, bool]:
    """A row by names; whether it has more labels than GLUE's header says."""
    if header is None:
        return _object(record), False
    values = _values(record)
    is_longer = header == _GLUE and len(values) == _GLUE_FIELDS
    if is_longer:
        del values[-5:-1]
    # Old files of SNLI leave out empty columns at the end.
    if len(values) != len(header):
        raise BadRow(
            f"{len(values)} columns, expected the header's {len(header)}"
        )
    return dict(zip(header, values)), is_longer


def _object(row: Any) -> RawRow:
    """An object of a JSON array, or of a line."""
    if isinstance(row, str):
        try:
            row = json.loads(_utf8(row))
        except (ValueError, RecursionError) as error:
            reason = getattr(error, "msg", "too deep or too large")
            raise BadRow(f"not JSON ({reason})") from error
    if not isinstance(row, dict):
        raise BadRow(f"is {_short(row)}, expected a JSON object")
    return row

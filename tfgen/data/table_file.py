"""Tables in files: CSV, TSV and Parquet, read in pieces of bounded memory.

The first row names the columns. A column is of numbers if most of its first
values are; else it is text. A value that is missing, no number or not finite is
NaN in what is read.
"""

from __future__ import annotations

import contextlib
import copy
import csv
import io
import itertools
import math
import os
import pathlib
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent import futures
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from tfgen.config import Column, DataSpec
from tfgen.data.plain_lines import PlainLines, in_order
from tfgen.data.settings import DataConfig
from tfgen.errors import UserError
from tfgen.files import replacing

_T = TypeVar("_T")
# Numbers, and texts by name; see `Piece`.
_Part = tuple[np.ndarray, dict[str, list[str | None]]]
_SEPARATORS = ",;\t|"
_PEEK = 1 << 18  # bytes that tell what a CSV file has
_BLOCK = 1 << 18  # bytes of a batch of a CSV file; Arrow reads 32 of them ahead
_ROWS = 1 << 13  # of a batch of a Parquet file
_BATCHES = 8  # of a piece; each piece is some calls


class Piece(NamedTuple):
    """Rows of a table that follow one another.

    Attributes:
      numbers: [n, columns] float64, in the order that was asked for.
      texts: name -> [n] of texts; None where there is none.
      first: number of the first row, counted from 1.
    """

    numbers: np.ndarray
    texts: Mapping[str, list[str | None]]
    first: int


class TableFile:
    """A file whose columns are known, and whose rows are read as asked for.

    Attributes:
      path: as it was named.
      argument: for errors.
      numeric: column -> whether it is of numbers, in the order of the file.
      malformed: rows of another number of columns that were left out.
      left_out: if a list, gets their numbers in the file, counted from 1, and
        what is wrong, while rows are read with `mend`.
    """

    def __init__(self, path: str, skip_malformed: bool):
        """Reads the names of the columns and what they are.

        Args:
          path: of the file. `.parquet` is Parquet and `.tsv` has tabs; else the
            separator is the most frequent one in the first line. `.gz` may
            follow.
          skip_malformed: leave rows of another number of columns out.

        Raises:
          UserError: the file cannot be read, or has no names of columns.
        """
        self.path = path
        self._path = pathlib.Path(path).expanduser()
        self.argument = f"data=csv:{path}"
        self._skip = skip_malformed
        self.malformed = 0
        self.left_out: list[tuple[int, str]] | None = None
        self._lock = threading.Lock()
        self._is_parquet = self._path.suffix.lower() in (".parquet", ".pq")
        with self._in_words():
            if self._is_parquet:
                schema = parquet.read_schema(self._path)
                self.numeric = {f.name: _is_number(f.type) for f in schema}
            else:
                self.numeric = self._peek()

    def pieces(
        self, numbers: Sequence[str], texts: Sequence[str], mend: bool = False
    ) -> Iterator[Piece]:
        """Yields all rows.

        Args:
          numbers: columns to read as numbers.
          texts: columns to read as text.
          mend: also read columns in which something is no number, slowly.

        Raises:
          UserError: the file is damaged.
          pa.ArrowInvalid: something is no number, and not `mend`.
        """
        first, self.malformed = 1, 0
        with self._in_words(not mend):
            for rows, columns in self._parts(numbers, texts, mend):
                yield Piece(rows, columns, first)
                first += len(rows)
        # What sorts the rows needs it more.
        pa.default_memory_pool().release_unused()

    def value(self, column: str, row: int) -> str | None:
        """Returns what a row has in a column, as text; rows count from 1."""
        for piece in copy.copy(self).pieces([], [column]):
            if row < piece.first + len(piece.texts[column]):
                return piece.texts[column][row - piece.first]
        return None

    def _parts(self, numbers, texts, mend) -> Iterator[_Part]:
        def part(batches):
            columns = {name: _column(batches, name) for name in texts}
            return self._rows(batches, numbers), columns

        def parsed(block):
            options = self._options(numbers, texts, mend, plain=True)
            return part(
                arrow_csv.read_csv(
                    pa.BufferReader(block), **options
                ).to_batches()
            )

        done = 0
        if not (self._is_parquet or mend):
            with pa.input_stream(self._path) as stream:
                lines = PlainLines(stream, _BATCHES * self._block)
                try:
                    yield from in_order(parsed, lines)
                    done = lines.end
                except pa.ArrowInvalid:
                    if self.malformed and not self._skip:
                        self.malformed = 0
                        # Again, for the number of the row in the file.
                        for _ in self._batches(numbers, texts, mend, 0):
                            pass
                    raise
        if done is not None:
            batches = self._batches(numbers, texts, mend, done)
            yield from _ahead(map(part, _groups(batches, _BATCHES)))

    def _batches(self, numbers, texts, mend, done) -> Iterator[pa.RecordBatch]:
        if self._is_parquet:
            with parquet.ParquetFile(self._path) as file:
                columns = [*numbers, *texts]
                yield from file.iter_batches(_ROWS, columns=columns)
            return
        options = self._options(numbers, texts, mend, plain=done > 0)
        with pa.input_stream(self._path) as stream:
            while done:
                done -= len(stream.read(min(done, _PEEK)))
            with arrow_csv.open_csv(stream, **options) as reader:
                yield from reader

    @property
    def _block(self) -> int:
        """Bytes of a batch, which must hold a row, of however many columns."""
        return max(_BLOCK, 64 * len(self.numeric))

    def _options(self, numbers, texts, mend, plain) -> dict[str, Any]:
        """Arrow's; `plain` is of lines without quotes and without the names."""
        numeric = pa.string() if mend else pa.float64()
        types = dict.fromkeys(numbers, numeric)
        types |= dict.fromkeys(texts, pa.string())
        return {
            # Threads would hold more pieces in memory than are asked for.
            "read_options": arrow_csv.ReadOptions(
                use_threads=False,
                block_size=self._block,
                column_names=[*self.numeric] if plain else None,
            ),
            "parse_options": arrow_csv.ParseOptions(
                delimiter=self._separator,
                newlines_in_values=True,
                invalid_row_handler=self._malformed_row,
            ),
            "convert_options": arrow_csv.ConvertOptions(
                column_types=types,
                include_columns=[*types],
                strings_can_be_null=True,
                decimal_point=self._point,
            ),
        }

    def _malformed_row(self, row) -> str:
        with self._lock:
            self.malformed += 1
            if self.left_out is not None:
                why = f"has {row.actual_columns} columns; expected the header's"
                # Arrow's first row is the header.
                number = row.number - 1
                self.left_out.append((number, f"{why} {row.expected_columns}"))
        return "skip" if self._skip else "error"

    def _rows(
        self, batches: Sequence[pa.RecordBatch], names: Sequence[str]
    ) -> np.ndarray:
        # A column's numbers lie side by side: what is asked of it is fast.
        rows = np.empty((sum(map(len, batches)), len(names)), order="F")
        start = 0
        for batch in batches:
            part = rows[start : start + len(batch)]
            for j, name in enumerate(names):
                part[:, j] = self._floats(batch.column(name))
            start += len(batch)
        return rows

    def _floats(self, column: pa.Array) -> np.ndarray:
        if pa.types.is_string(column.type):
            texts = column.to_pylist()
            return np.array([self._number(text) for text in texts], np.float64)
        if not pa.types.is_float64(column.type):
            column = column.cast(pa.float64(), safe=False)
        return column.to_numpy(zero_copy_only=False)

    def _number(self, text: str | None) -> float:
        try:
            return float((text or "nan").replace(self._point, "."))
        except ValueError:
            return np.nan

    def _peek(self) -> dict[str, bool]:
        """Finds separator and decimal point; returns the kinds of columns."""
        with pa.input_stream(self._path) as stream:
            text = bytes(stream.read(_PEEK))
        if text[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in text[:100]:
            raise UserError(
                f"{self.argument}: expected UTF-8; save it as such."
            )
        cut = len(text) == _PEEK
        # What is not UTF-8 becomes lone surrogates.
        text = text.decode("utf-8-sig", "surrogateescape")
        quoted = re.compile('"[^"]*"')
        head = re.match(rf'(?:{quoted.pattern}|[^"\r\n]+)*', text)[0]
        head = quoted.sub("", head)
        tabs = self._path.name.removesuffix(".gz").endswith(".tsv")
        self._separator = "\t" if tabs else max(_SEPARATORS, key=head.count)
        lines = io.StringIO(text, newline="")
        rows = list(csv.reader(lines, delimiter=self._separator))
        if cut:
            rows.pop()  # perhaps a part of one
        self._point = "."
        if self._separator != ",":
            cells = [cell for row in rows[1:] for cell in row]
            commas = sum(_is_float(c.replace(",", ".", 1)) for c in cells)
            self._point = "," if commas > sum(map(_is_float, cells)) else "."
        names = rows[0] if rows else []
        for name in names:
            if not _is_utf8(name):
                shown = name.encode(errors="surrogateescape")
                raise UserError(
                    f"{self.argument}, line 1: the column {shown!r:.60} is not"
                    " UTF-8; save the file as UTF-8."
                )
        if not names or all(map(self._parses, names)):
            raise UserError(
                f"{self.argument}: the first row is {', '.join(names):.60};"
                " expected names of columns."
            )
        if twice := [n for n in names if names.count(n) > 1]:
            raise UserError(
                f"{self.argument}: two columns are called {twice[0]!r}; rename"
                " one."
            )
        # Rows of another length are found when all are read.
        columns = zip(names, zip(*(r for r in rows if len(r) == len(names))))
        return {name: self._is_numeric(cells[1:]) for name, cells in columns}

    def _is_numeric(self, cells: Sequence[str]) -> bool:
        cells = [cell for cell in cells if cell.strip()]
        return 2 * sum(map(self._parses, cells)) > len(cells)

    def _parses(self, text: str) -> bool:
        return _is_float(text.replace(self._point, "."))

    @contextlib.contextmanager
    def _in_words(self, bad_numbers_pass: bool = False):
        try:
            yield
        except (OSError, pa.ArrowException, csv.Error, EOFError) as error:
            if bad_numbers_pass and "conversion error" in str(error):
                raise
            reason = getattr(error, "strerror", None) or str(error)
            reason = " ".join(reason.split())
            advice = ""
            if "invalid UTF8" in reason:
                advice = "; save the file as UTF-8"
            if self.malformed:
                advice = "; mend it, or add data.skip_bad_records=true"
            raise UserError(
                f"{self.argument}: cannot be read ({reason:.200}){advice}."
            ) from error


def _ahead(items: Iterator[_T]) -> Iterator[_T]:
    """Yields them; the next one is made meanwhile."""
    with futures.ThreadPoolExecutor(1) as thread:
        following = thread.submit(next, items, None)
        while (item := following.result()) is not None:
            following = thread.submit(next, items, None)
            yield item


def _groups(items: Iterator[_T], count: int) -> Iterator[list[_T]]:
    while group := list(itertools.islice(items, count)):
        yield group


def _column(batches: Sequence[pa.RecordBatch], name: str) -> list[str | None]:
    found: list[str | None] = []
    for batch in batches:
        found += batch.column(name).cast(pa.string()).to_pylist()
    return found


def _is_number(kind: pa.DataType) -> bool:
    types = pa.types
    return any(
        is_kind(kind)
        for is_kind in (types.is_integer, types.is_floating, types.is_decimal)
    )


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_float(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def as_columns(
    spec: DataSpec, examples: Mapping[str, np.ndarray], config: DataConfig
) -> dict[str, list[str]]:
    """Returns examples as a table has them: name of a column -> its values.

    Args:
      spec: of the data.
      examples: `x`, and maybe `label` and other fields, [N, ...].
      config: of the data. Dequantized values of multiples of a step lie above
        these, others on both sides.
    """
    found = {}
    for field in (spec.x, *spec.fields):
        if field.name in examples:
            for column, values in zip(field.columns, examples[field.name].T):
                found[column.name] = _texts(values, column, config.dequantize)
    if "label" in examples:
        found[config.label_column] = [spec.labels[i] for i in examples["label"]]
    return found


def _texts(values: np.ndarray, column: Column, dequantized: bool) -> list[str]:
    if not column.step:
        return [f"{value:.7g}" for value in values]
    multiples = values / np.float64(column.step)
    multiples = (np.floor if dequantized else np.round)(multiples)
    digits = round(-math.log10(column.step))
    return [f"{value:.{digits}f}" for value in multiples * column.step + 0.0]


def write_csv(
    path: str | os.PathLike, columns: Mapping[str, Sequence[Any]]
) -> None:
    """Writes a CSV file, and its folder if there is none.

    Args:
      path: of the file.
      columns: name -> values, as many in each.

    Raises:
      UserError: it could not be written; nothing has changed.
    """
    with (
        replacing(path) as partial,
        open(partial, "w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values()))

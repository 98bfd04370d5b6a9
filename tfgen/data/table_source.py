"""A table as examples: which columns they hold, which rows are in which split.

x is columns of numbers in their own units; the spec has their means and
standard deviations over the training split, by which models standardize. A
column of classes is `label`, columns of numbers that a model is conditional on
are `condition`.

The split of a row is a hash of its numbers, in float32: 80 % train, 10 % each
validation and test. It is the same on every machine and in any order of rows,
and equal rows are never on both sides. Or a column says the split. The hash is
also the order within a split: its first rows are from everywhere.
"""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import tensorflow as tf

from tfgen.config import DataSpec, Field
from tfgen.data.keys import key
from tfgen.data.plain_lines import in_order
from tfgen.data.settings import DataConfig
from tfgen.data.source import SPLITS, ArraySource, by_name, say_read
from tfgen.data.table_file import Piece, TableFile
from tfgen.data.table_statistics import Statistics
from tfgen.errors import UserError, one_of

_SPLIT_NAMES = {
    **{split: i for i, split in enumerate(SPLITS)},
    **dict.fromkeys(("dev", "valid", "val"), 1),
}
_FEW = 8  # names of columns that a line has


def load(
    path: str, config: DataConfig, like: DataSpec | None = None
) -> ArraySource:
    """Reads a table, and says in one line what was read.

    Without `data.columns`, x is all columns of numbers that have a name, vary
    and do not number the rows; the line names the others.

    Args:
      path: see `table_file.TableFile`.
      config: which columns, and `skip_bad_records`: leave out and count rows in
        which something is missing, no number or not finite.
      like: of a trained model: its columns are read, and their means and
        standard deviations stay.

    Raises:
      UserError: the file cannot be read, an unknown column, a bad row, most
        rows bad, an empty split, or a column that has no density.
    """
    table = TableFile(path, config.skip_bad_records)
    like = like if like and like.columns else None
    columns = _columns(table, config, like)
    try:
        rows = _Rows(table, config, columns)
    except pa.ArrowInvalid:  # not all are numbers; to find which costs time
        rows = _Rows(table, config, columns, mend=True)
    return rows.source(like)


def _columns(
    table: TableFile, config: DataConfig, like: DataSpec | None
) -> tuple[str, ...]:
    """The names of the columns of x."""
    numeric, used = table.numeric, set()
    for setting, names in (
        ("data.columns", config.columns),
        ("data.condition_columns", config.condition_columns),
        ("data.label_column", [config.label_column]),
        ("data.split_column", [config.split_column]),
    ):
        for name in filter(None, names):
            one_of(setting, name, numeric, f"columns of {table.path}")
            if name in used:
                raise UserError(
                    f"{setting}={name}: named twice; expected one purpose for"
                    " each column."
                )
            used.add(name)
            if setting.endswith("columns") and not numeric[name]:
                raise UserError(
                    f"{setting}={name}: text; expected a column of numbers."
                    f" Classes may be the label: data.label_column={name}."
                )
    if like:
        known = [column.name for column in like.columns]
        if missing := [name for name in known if not numeric.get(name)]:
            raise UserError(
                f"{table.argument}: no numbers in a column {missing[0]};"
                f" expected the model's columns, {', '.join(known)}."
            )
        return tuple(known)
    columns = config.columns or tuple(
        name for name in numeric if numeric[name] and name and name not in used
    )
    if not columns:
        raise UserError(
            f"{table.argument}: no column of numbers; expected some."
        )
    return columns


class _Rows:
    """All rows of a table by split, and what is known of them."""

    def __init__(
        self,
        table: TableFile,
        config: DataConfig,
        columns: tuple[str, ...],
        mend: bool = False,
    ):
        """Reads them; see `TableFile.pieces`."""
        self.table, self.config, self.columns = table, config, columns
        self.names = [*columns, *config.condition_columns]
        self.statistics = Statistics(self.names)
        self.parts = {split: [] for split in SPLITS}  # of [n, columns]
        self.labels = {split: [] for split in SPLITS}  # of [n]
        self.hashes = {split: [] for split in SPLITS}  # likewise
        self.numbers: dict[str, int] = {}  # of classes, as they come
        self.first_bad = ""
        texts = [n for n in (config.label_column, config.split_column) if n]
        good = count = 0
        for piece in table.pieces(self.names, texts, mend):
            rows = piece.numbers
            whole = self._whole(piece)
            count, good = count + len(rows), good + int(whole.sum())
            if not whole.all():
                rows = rows[whole]
            self._add(piece, rows, np.flatnonzero(whole))
        self.left_out = count + table.malformed - good
        if self.left_out > good:
            raise UserError(
                f"{table.argument}: {self._bad_rows}, of"
                f" {good + self.left_out:,}; expected most rows to be good:"
                " choose columns by data.columns."
            )

    @property
    def _bad_rows(self) -> str:
        first = self.first_bad or "of another number of columns"
        return f"{self.left_out:,} rows left out, the first {first}"

    def _whole(self, piece: Piece) -> np.ndarray:
        """Which rows have all that they should, [n]; else it is an error."""
        finite = np.isfinite(piece.numbers)
        if not piece.texts and finite.all():
            return np.ones(len(finite), bool)
        there = dict(zip(self.names, finite.T))
        for name, texts in piece.texts.items():
            there[name] = np.array([text is not None for text in texts], bool)
        whole = np.all([*there.values()], axis=0)
        if whole.all() or self.first_bad:
            return whole
        place = int(np.argmin(whole))
        column = next(name for name in there if not there[name][place])
        value = self.table.value(column, piece.first + place)
        what = "no value" if value is None else f"{value!r} is no number"
        self.first_bad = f"row {piece.first + place}, column {column}: {what}"
        if not self.config.skip_bad_records:
            raise UserError(
                f"{self.table.argument}: {self.first_bad}; mend it, leave the"
                " column out by data.columns, or leave out such rows by"
                " data.skip_bad_records=true."
            )
        return whole

    def _add(self, piece: Piece, rows: np.ndarray, places: np.ndarray) -> None:
        """Adds good rows, which are at these places of the piece."""
        x = np.ascontiguousarray(rows, np.float32)
        hashes = hashed(x, key("table", self.config.split_seed))
        if texts := piece.texts.get(self.config.split_column):
            member = [self._split(texts[i], piece.first + i) for i in places]
            member = np.array(member, int)
        else:
            member = np.searchsorted((0.8, 0.9), hashes, side="right")
        self.statistics.add(rows, member == 0)
        for i, split in enumerate(SPLITS):
            self.parts[split].append(x.compress(member == i, axis=0))
            self.hashes[split].append(hashes[member == i])
        if texts := piece.texts.get(self.config.label_column):
            known = self.numbers
            label = [known.setdefault(texts[i], len(known)) for i in places]
            label = np.array(label, np.int32)
            for i, split in enumerate(SPLITS):
                self.labels[split].append(label[member == i])

    def _split(self, text: str, row: int) -> int:
        if (split := _SPLIT_NAMES.get(text.strip().lower())) is None:
            raise UserError(
                f"data.split_column={self.config.split_column}: row {row} has"
                f" {text!r}; expected train, validation or test."
            )
        return split

    def source(self, like: DataSpec | None) -> ArraySource:
        """Returns the rows as examples, and says what they are.

        Args:
          like: see `load`.

        Raises:
          UserError: see `load`.
        """
        config, remarks = self.config, []
        for split in SPLITS:
            if not sum(map(len, self.parts[split])):
                raise UserError(
                    f"{self.table.argument}: no rows for {split}; expected more"
                    " rows, or a column that says train, validation or test:"
                    " data.split_column=NAME."
                )
        if like:
            spec = like
        else:
            x = self._with_density(remarks)
            spec = DataSpec((len(x),), columns=self.statistics.columns(x))
            if names := config.condition_columns:
                # They are given, not dequantized: no density is of them.
                columns = tuple(
                    dataclasses.replace(column, step=0.0)
                    for column in self.statistics.columns(names)
                )
                field = Field("condition", (len(names),), columns=columns)
                spec = dataclasses.replace(spec, fields=(field,))
            remarks += self.statistics.remarks(x)
        labels = by_name(self.numbers)
        if 2 * len(labels) > sum(map(len, self.parts["train"])):
            raise UserError(
                f"data.label_column={config.label_column}: {len(labels):,}"
                " classes; expected several rows of each. Numbers may be"
                " data.condition_columns."
            )
        spec = dataclasses.replace(spec, num_classes=len(labels), labels=labels)
        fields = in_order(lambda split: self._fields(spec, split), SPLITS)
        splits = dict(zip(SPLITS, fields))
        source = ArraySource(spec, splits)
        remarks = [*_told(spec, config.dequantize), *remarks, *self._not_used()]
        say_read(f"csv:{self.table.path}", source, remarks, "rows")
        return source

    def _fields(self, spec: DataSpec, split: str) -> dict[str, np.ndarray]:
        """Returns the examples of a split, and frees its pieces."""
        order = np.argsort(np.concatenate(self.hashes.pop(split)))
        order = order.astype(np.int32)
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        rows = np.empty((len(order), len(self.names)), np.float32)
        start, fields, parts = 0, {}, self.parts.pop(split)
        while parts:  # each is given up when it is copied
            part = parts.pop(0)
            rows[place[start : start + len(part)]] = part
            start += len(part)
        for field in (spec.x, *spec.fields):
            at = [self.names.index(column.name) for column in field.columns]
            all_of_them = at == [*range(len(self.names))]
            fields[field.name] = rows if all_of_them else rows[:, at]
        if spec.labels:
            number = [spec.labels.index(name) for name in self.numbers]
            came = np.concatenate(self.labels.pop(split))[order]
            fields["label"] = np.array(number, np.int32)[came]
        return fields

    def _with_density(self, remarks: list[str]) -> tuple[str, ...]:
        """The columns of x without those that have no density.

        Raises:
          UserError: the user named one of those.
        """
        constant = self.statistics.constant
        named = {*self.config.columns, *self.config.condition_columns}
        for name in self.names:
            if name in constant and name in named:
                raise UserError(
                    f"{self.table.argument}: column {name} is constant in the"
                    " training split; expected numbers that vary: leave it out."
                )
        if self.config.columns:
            return self.columns
        reasons = constant, self.statistics.counters
        for why, names in zip(("constant", "the number of the row"), reasons):
            if names := [name for name in self.columns if name in names]:
                remarks.append(f"left out {_few(names)} ({why})")
        x = [
            n for n in self.columns if not any(n in names for names in reasons)
        ]
        if not x:
            raise UserError(
                f"{self.table.argument}: no numbers that vary; expected some."
            )
        return tuple(x)

    def _not_used(self) -> list[str]:
        """Columns and rows that are not in the examples."""
        used = {*self.names, self.config.label_column, self.config.split_column}
        others = [n for n in self.table.numeric if not n or n not in used]
        others = [name or "a column without a name" for name in others]
        why = "not named" if self.config.columns else "no numbers, or no name"
        found = [f"left out {_few(others)} ({why})"] if others else []
        return [*found, self._bad_rows] if self.left_out else found


def _told(spec: DataSpec, dequantize: bool) -> list[str]:
    """Which columns there are, and which of them are of multiples."""
    told = [f"x is {_few([column.name for column in spec.columns])}"]
    steps = collections.defaultdict(list)
    for column in spec.columns:
        steps[column.step].append(column.name)
    multiples = ", ".join(
        f"of {step:g}: {_few(names)}"
        for step, names in sorted(steps.items(), reverse=True)
        if step
    )
    if multiples:
        what = "are dequantized" if dequantize else "have no density as such"
        told.append(f"multiples {what} ({multiples})")
    return told


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
    return ", ".join(names[:_FEW]) + more


def hashed(x: np.ndarray, seed: int) -> np.ndarray:
    """Returns a place in [0, 1) for each row, the same on every machine.

    Args:
      x: [N, D] float32.
      seed: other seeds give other places.
    """
    x = np.ascontiguousarray(x) + np.float32(0)  # -0 is 0
    with tf.device("CPU"):
        hashes = tf.raw_ops.Fingerprint(
            data=x.view(np.uint8), method="farmhash64"
        )
    farm_hash = hashes.numpy().view(np.uint64)[:, 0]
    # The highest bits depend on all bits of both.
    return farm_hash * np.uint64(seed | 1) / 2.0**64

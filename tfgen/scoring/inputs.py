"""A user's files as blocks of inputs, read as they are needed.

A kind of file is a `Source`: what it is known by, and its blocks from any input
on, so that a process that was killed goes on where it was.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import pathlib
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tfgen.config import DataSpec
from tfgen.data import arrays, image_file, image_files
from tfgen.data.image_readers import read_each
from tfgen.data.keys import digest
from tfgen.data.table_file import TableFile
from tfgen.errors import UserError, one_of
from tfgen.nli import rows
from tfgen.nli.pairs import Pair
from tfgen.nli.tally import Tally
from tfgen.scoring.table_rows import all_rows, spread

BLOCK = 1024  # inputs of a block, and rows that are written at once
_MOST = 1 << 24  # numbers of a block of images

_ARRAYS = (".npz", ".npy")
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


class Block(NamedTuple):
    """Inputs that follow one another.

    Attributes:
      names: of all of them.
      bad: place in `names` -> what is wrong with the input.
      good: the others: "x" and conditions -> [B, ...], or "pairs", each of
        premise and hypothesis.
    """

    names: list[str]
    bad: dict[int, str]
    good: Mapping[str, Any]

    @property
    def places(self) -> np.ndarray:
        """The places of the good inputs, in order."""
        return np.setdiff1d(np.arange(len(self.names)), list(self.bad))


class Source(NamedTuple):
    """Inputs of one kind.

    Attributes:
      identity: says whether it is the same as it was, without being read.
      count: of its inputs; None if only reading tells.
      size: of its blocks, but for the last; 0 if only reading tells.
      blocks: the number of the first input wanted -> blocks from it on.
    """

    identity: str
    count: int | None
    size: int
    blocks: Callable[[int], Iterator[Block]]


def sources(
    paths: Iterable[str],
    spec: DataSpec,
    *,
    whole: bool = False,
    conditions: Sequence[str] = (),
    background: str = "white",
    columns: Sequence[str] = ("premise", "hypothesis"),
    label_column: str = "",
    own_size: bool = False,
    say: Callable[[str], None] = print,
) -> list[Source]:
    """Returns what these paths hold.

    Args:
      paths: image files and folders of them, at any depth; `.npy`; `.npz`, of
        which `x` is read or, after the path, `:NAME`; `csv:PATH` of tables;
        files of sentence pairs.
      spec: of the model.
      whole: gray levels must be whole.
      conditions: fields to read from `.npz` files and tables, too.
      background: colour behind transparent pixels.
      columns: of premise and hypothesis.
      label_column: of a table, the model's classes.
      own_size: leave image files the height and width that they have.
      say: gets a line about what is left out or changed.

    Raises:
      UserError: no such file, or nothing that the model takes.
    """

    def kind(path: str) -> str:
        if spec.words:
            return "pairs"
        if path.startswith("csv:"):
            return "table"
        return "array" if _array_path(path) else "images"

    found = []
    for name, group in itertools.groupby(paths, kind):
        if name == "images":
            found.append(_images(list(group), spec, background, say, own_size))
        elif name == "pairs":
            found += [_pairs(path, columns) for path in group]
        elif name == "table":
            found += [
                _table(path, spec, conditions, label_column) for path in group
            ]
        else:
            found += [_array(p, spec, whole, conditions) for p in group]
    return found


# Images.


def _images(
    inputs: list[str],
    spec: DataSpec,
    background: str,
    say: Callable,
    own_size: bool = False,
) -> Source:
    height, width, channels = spec.shape if len(spec.shape) == 3 else (0, 0, 0)
    square = height == width or own_size
    if not (spec.levels and square and channels in (1, 3)):
        table = f"a table, csv:{inputs[0]}, or " if spec.columns else ""
        raise UserError(
            f"input={inputs[0]}: the model takes examples of shape"
            f" {spec.shape}; expected them in {table}a .npz or .npy file."
        )
    paths = [path for each in inputs for path in _image_paths(each, say)]
    how = f"resized and cropped to {height} x {width} where they have another"
    say(f"{len(paths):,} images, {'each in its own' if own_size else how} size")
    side = None if own_size else height
    settings = side, channels, image_file.colour(background)
    size = 1 if own_size else max(1, min(BLOCK, _MOST // spec.size))

    def blocks(start: int) -> Iterator[Block]:
        left = paths[start:]
        results = zip(left, read_each(left, *settings))
        while part := list(itertools.islice(results, size)):
            bad, x = {}, []
            for i, (_, result) in enumerate(part):
                if isinstance(result, Exception):
                    bad[i] = str(result)
                else:
                    x.append(result.x)
            names = [image_files.shown(path) for path, _ in part]
            yield Block(names, bad, {"x": _levels(x, spec)})

    return Source(digest(*paths), len(paths), size, blocks)


def _levels(x: list[np.ndarray], spec: DataSpec) -> np.ndarray:
    """Shades [N, H, W, C] of 8 bits as the nearest gray levels."""
    shape = x[0].shape if x else spec.shape
    levels = np.array(x, np.float32).reshape(-1, *shape)
    return np.round(levels * np.float32((spec.levels - 1) / 255))


def read_image(path: str, spec: DataSpec, background: str) -> np.ndarray:
    """Returns the gray levels [H, W, C] of an image file.

    Raises:
      UserError: it cannot be read, or the model takes no such images.
    """
    source = _images([path], spec, background, lambda line: None)
    (block,) = source.blocks(0)
    if block.bad:
        raise UserError(f"{path}: {block.bad[0]}.")
    return block.good["x"][0]


def _image_paths(path: str, say: Callable) -> list[str]:
    if not os.path.isdir(path):
        if path.lower().endswith(image_file.EXTENSIONS):
            return [_file(path)]
        raise UserError(
            f"input={path}: expected a folder of images, or a file that ends in"
            f" {', '.join((*_ARRAYS, *image_file.EXTENSIONS))}."
        )
    notes: image_files.Notes = defaultdict(list)
    argument = f"input={path}"
    found = image_files.walk(pathlib.Path(path).absolute(), argument, notes)
    for (verb, what), names in notes.items():
        say(f"{path}: {verb} {len(names):,} {what}, such as {names[0]}")
    if not found:
        raise UserError(f"{argument}: no images in it.")
    return [os.path.join(path, name) for name in found]


# Arrays.


def _array_path(path: str) -> tuple[str, str] | None:
    """Path and name of an array, if it is one."""
    file, _, name = path.partition(".npz:")
    if name:
        return file + ".npz", name
    return (path, "") if path.lower().endswith(_ARRAYS) else None


def _array(
    path: str, spec: DataSpec, whole: bool, conditions: Sequence[str]
) -> Source:
    file, name = _array_path(path)
    names = {"x": _name_of_x(file, name, path)}
    suffix = names["x"].removeprefix("x") if names["x"][:1] == "x" else ""
    names |= {
        field: _name_of(file, field, suffix, path) for field in conditions
    }
    shapes = {}
    for field, array in names.items():
        with _Rows(file, array, path) as rows_:
            shapes[field] = rows_.shape
    count = shapes["x"][0]
    if {shape[0] for shape in shapes.values()} != {count}:
        raise UserError(
            f"input={path}: {names} differ in their numbers of rows."
        )
    shape = shapes["x"][1:]
    if shape != spec.shape and (*shape, 1) != spec.shape:
        raise UserError(
            f"input={path}: examples of shape {shape}; the model takes"
            f" {spec.shape}."
        )

    numbers = arrays.values_of(spec.labels)

    def blocks(start: int) -> Iterator[Block]:
        with contextlib.ExitStack() as stack:
            opened = {
                field: stack.enter_context(_Rows(file, array, path))
                for field, array in names.items()
            }
            for each in opened.values():
                each.skip(start)
            for first in range(start, count, BLOCK):
                size = min(BLOCK, count - first)
                read = {f: each.read(size) for f, each in opened.items()}
                x = read["x"].astype(np.float32).reshape(-1, *spec.shape)
                names_ = [f"{path}#{i}" for i in range(first, first + size)]
                read["x"] = x
                if "label" in read and numbers is not None:
                    read["label"] = _numbered(read["label"], numbers)
                block = Block(names_, _bad_rows(read, spec, whole), read)
                good = {f: v[block.places] for f, v in block.good.items()}
                yield block._replace(good=good)

    return Source(_identity(file, *names.values()), count, BLOCK, blocks)


def _numbered(label: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The classes that have these numbers as names, -1 for others."""
    order = np.argsort(values)
    places = np.searchsorted(values[order], label).clip(max=len(values) - 1)
    found = order[places]
    return np.where(values[found] == label, found, -1).astype(np.int32)


def _bad_rows(
    read: Mapping[str, np.ndarray], spec: DataSpec, whole: bool
) -> dict[int, str]:
    """Place -> what is wrong with a row."""
    flats = {field: v.reshape(len(v), -1) for field, v in read.items()}
    flat = flats["x"]
    finite = [np.isfinite(v).all(1) for v in flats.values()]
    wrong = {"has numbers that are not finite": ~np.all(finite, axis=0)}
    if "label" in flats and (classes := spec.num_classes):
        label = flats["label"]
        no_class = ((label < 0) | (label >= classes)).any(1)
        known = f"in 0 to {classes - 1}"
        if arrays.values_of(spec.labels) is not None:
            known = f"one of {', '.join(spec.labels):.200}"
        wrong[f"has a label that is not {known}"] = no_class
    if levels := spec.levels:
        upper = f"0 to {levels - 1}"
        with np.errstate(invalid="ignore"):
            outside = (flat.min(1) < 0) | (flat.max(1) >= levels)
            broken = (flat != np.floor(flat)).any(1)
        wrong[f"has gray levels that are not in {upper}"] = outside
        if whole:
            wrong[f"has gray levels that are not whole, {upper}"] = broken
    bad: dict[int, str] = {}
    for why, places in wrong.items():
        for i in np.flatnonzero(places):
            bad.setdefault(int(i), why)
    return bad


# Tables.


def _table(
    path: str, spec: DataSpec, conditions: Sequence[str], label_column: str
) -> Source:
    """Columns by the names that the model was trained on, in any order."""
    file = _file(os.path.expanduser(path.removeprefix("csv:")))
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

    def blocks(start: int) -> Iterator[Block]:
        first = 0
        for piece, malformed in all_rows(table, names, texts):
            rows = piece.numbers.astype(np.float32)
            read = dict(zip(fields, np.split(rows, ends, axis=1)))
            for name in texts:
                read["label"] = _labels(piece.texts[name], spec.labels)
            count = len(rows) + len(malformed)
            read = {f: spread(v, count, [*malformed]) for f, v in read.items()}
            for low in range(max(start - first, 0), count, BLOCK):
                part = {f: v[low : low + BLOCK] for f, v in read.items()}
                size = len(part["x"])
                bad = _bad_cells(part, spec.labels) | {
                    i - low: why
                    for i, why in malformed.items()
                    if low <= i < low + size
                }
                shown = range(first + low, first + low + size)
                bad = dict(sorted(bad.items()))
                block = Block([f"{path}#{i}" for i in shown], bad, part)
                good = {f: v[block.places] for f, v in part.items()}
                yield block._replace(good=good)
            first += count

    return Source(_identity(file, *names, *texts), None, 0, blocks)


def _labels(texts: Sequence[str | None], labels: Sequence[str]) -> np.ndarray:
    """Numbers of classes, [N] int32; -1 for others."""
    number = {unicodedata.normalize("NFC", c): i for i, c in enumerate(labels)}
    found = [unicodedata.normalize("NFC", text or "") for text in texts]
    return np.array([number.get(text, -1) for text in found], np.int32)


def _bad_cells(
    read: Mapping[str, np.ndarray], labels: Sequence[str]
) -> dict[int, str]:
    """Place -> what is wrong with a row of a table."""
    numbers = [v for field, v in read.items() if field != "label"]
    finite = np.isfinite(np.concatenate(numbers, axis=1)).all(axis=1)
    why = f"has a label that is not one of {', '.join(labels)}"
    bad = dict.fromkeys(np.flatnonzero(read.get("label", finite) < 0), why)
    why = "has a value that is missing or no number"
    bad |= dict.fromkeys(np.flatnonzero(~finite), why)
    return {int(place): why for place, why in bad.items()}


class _Rows(contextlib.AbstractContextManager):
    """An array in a file, read row by row: it need not fit into memory."""

    def __init__(self, file: str, name: str, argument: str):
        self._opened = contextlib.ExitStack()
        try:
            self._file = self._open(file, name)
            version = np.lib.format.read_magic(self._file)
            self.shape, by_columns, self._dtype = _HEADERS[version](self._file)
            if self._dtype.kind not in "uibf" or not self.shape or by_columns:
                raise ValueError(
                    f"{name or 'it'} is {self._dtype} {self.shape}, stored by"
                    f" {'columns' if by_columns else 'rows'}; expected numbers,"
                    " stored by rows"
                )
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            self._opened.close()
            reason = getattr(error, "strerror", None) or error
            raise UserError(
                f"input={argument}: not an array that can be read"
                f" ({reason!s:.200})."
            ) from error
        self._row = int(np.prod(self.shape[1:])) * self._dtype.itemsize
        self._argument = argument

    def _open(self, file, name):
        if not name:
            return self._opened.enter_context(open(file, "rb"))
        archive = self._opened.enter_context(zipfile.ZipFile(file))
        return self._opened.enter_context(archive.open(f"{name}.npy"))

    def __exit__(self, *_):
        self._opened.close()

    def skip(self, rows_: int) -> None:
        """Goes on from that row."""
        while rows_ > 0:
            self.read(min(rows_, BLOCK))
            rows_ -= BLOCK

    def read(self, rows_: int) -> np.ndarray:
        """Returns the next rows."""
        try:
            content = self._file.read(rows_ * self._row)
            values = np.frombuffer(content, self._dtype)
            return values.reshape(rows_, *self.shape[1:])
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise UserError(
                f"input={self._argument}: damaged ({error!s:.200})."
            ) from error


def _names_in(file: str, argument: str) -> list[str]:
    try:
        with zipfile.ZipFile(file) as archive:
            return [n.removesuffix(".npy") for n in archive.namelist()]
    except (OSError, zipfile.BadZipFile) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(
            f"input={argument}: expected a file of arrays ({reason!s:.200})."
        ) from error


def _name_of_x(file: str, name: str, argument: str) -> str:
    if file.endswith(".npy"):
        return ""
    names = _names_in(file, argument)
    if not name:
        name = names[0] if len(names) == 1 else "x"
    if name not in names:
        raise UserError(
            f"input={argument}: no array {name!r}; name one of"
            f" {', '.join(names)}, as {file}:{names[0]}."
        )
    return name


def _name_of(file: str, field: str, suffix: str, argument: str) -> str:
    names = [] if file.endswith(".npy") else _names_in(file, argument)
    alike = [f"{field}{suffix}", *[f"y{suffix}"] * (field == "label")]
    for name in alike:
        if name in names:
            return name
    raise UserError(
        f"input={argument}: no {alike[0]}, which the model takes, too; add such"
        f" an array, or name one for all inputs: {field}=…."
    )


# Sentence pairs.


class _Noting(Tally):
    """Keeps what is wrong with each row that is left out."""

    def __init__(self, name: str):
        super().__init__(name)
        self.bad: list[str] = []

    def add(self, what: str, first: str, count: int = 1) -> None:
        """See `Tally`."""
        self.bad += [first] * count

    def note(self, what: str, first: str) -> None:
        """Nothing: such a row is good."""

    def check(self, rows: int, left_out: Mapping[str, int]) -> None:
        """Nothing: bad rows have a place of their own."""


def _pairs(path: str, columns: Sequence[str]) -> Source:
    named = dict.fromkeys(columns, "name both by columns=PREMISE,HYPOTHESIS")
    tally = _Noting(_file(path))

    def each() -> Iterator[Pair | str]:
        for pair in rows.read_pairs(pathlib.Path(path), named, True, tally):
            yield from tally.bad
            tally.bad.clear()
            yield pair
        yield from tally.bad

    def blocks(start: int) -> Iterator[Block]:
        found = itertools.islice(each(), start, None)
        while part := list(itertools.islice(found, BLOCK)):
            bad = {i: p for i, p in enumerate(part) if isinstance(p, str)}
            pairs = [p[:2] for p in part if not isinstance(p, str)]
            names = [f"{path}#{start + i}" for i in range(len(part))]
            start += len(part)
            yield Block(names, bad, {"pairs": pairs})

    return Source(_identity(path, *columns), None, 0, blocks)


def _file(path: str) -> str:
    if not os.path.isfile(path):
        raise UserError(f"input={path}: no such file.")
    return path


def _identity(path: str, *names: str) -> str:
    status = os.stat(path)
    return digest(path, status.st_size, status.st_mtime_ns, *names)

"""Arrays of `.npz` and `.npy` files as inputs, read row by row."""

import contextlib
import zipfile
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from tfgen.config import DataSpec
from tfgen.data.arrays import values_of
from tfgen.errors import UserError
from tfgen.scoring import block

_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def named(path: str) -> tuple[str, str] | None:
    """Returns the file and perhaps a name, if a path is of an array."""
    file, _, name = path.partition(".npz:")
    if name:
        return file + ".npz", name
    return (path, "") if path.lower().endswith((".npz", ".npy")) else None


def source(
    path: str, spec: DataSpec, whole: bool, conditions: Sequence[str]
) -> block.Source:
    """Returns the rows of an array; see `inputs.sources`."""
    file, name = named(path)
    names = _names(file, name, conditions, path)
    shapes = {}
    for field, array in names.items():
        with _Rows(file, array, path) as rows:
            shapes[field] = rows.shape
    count, shape = shapes["x"][0], shapes["x"][1:]
    if {other for other, *_ in shapes.values()} != {count}:
        raise UserError(
            f"input={path}: {names} differ in their numbers of rows."
        )
    if shape != spec.shape and (*shape, 1) != spec.shape:
        raise UserError(
            f"input={path}: examples of shape {shape}; the model takes"
            f" {spec.shape}."
        )
    numbers = values_of(spec.labels)

    def blocks(start: int) -> Iterator[block.Block]:
        with contextlib.ExitStack() as stack:
            opened = {
                field: stack.enter_context(_Rows(file, array, path))
                for field, array in names.items()
            }
            for rows in opened.values():
                rows.skip(start)
            for first in range(start, count, block.SIZE):
                size = min(block.SIZE, count - first)
                read = {f: rows.read(size) for f, rows in opened.items()}
                x = read["x"].astype(np.float32)
                read["x"] = x.reshape(-1, *spec.shape)
                if "label" in read and numbers is not None:
                    read["label"] = _numbered(read["label"], numbers)
                bad = _bad_rows(read, spec, whole)
                yield block.of_rows(path, first, read, bad)

    identity = block.identity(file, *names.values())
    return block.Source(identity, count, block.SIZE, blocks)


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
        if values_of(spec.labels) is not None:
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


class _Rows(contextlib.AbstractContextManager):
    """An array in a file, read in turn: it need not fit into memory."""

    def __init__(self, file: str, name: str, argument: str):
        self._opened = contextlib.ExitStack()
        try:
            opened = self._opened.enter_context
            self._file = opened(
                zipfile.ZipFile(file) if name else open(file, "rb")
            )
            if name:
                self._file = opened(self._file.open(f"{name}.npy"))
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

    def __exit__(self, *_):
        self._opened.close()

    def skip(self, count: int) -> None:
        """Goes on from that row."""
        for first in range(0, count, block.SIZE):
            self.read(min(block.SIZE, count - first))

    def read(self, count: int) -> np.ndarray:
        """Returns the next rows."""
        try:
            content = self._file.read(count * self._row)
            values = np.frombuffer(content, self._dtype)
            return values.reshape(count, *self.shape[1:])
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise UserError(
                f"input={self._argument}: damaged ({error!s:.200})."
            ) from error


def _names(
    file: str, name: str, conditions: Sequence[str], argument: str
) -> dict[str, str]:
    """Field -> the name of its array, "" in an `.npy` file."""
    there = [] if file.endswith(".npy") else _names_in(file, argument)
    if there:
        name = name or (there[0] if len(there) == 1 else "x")
        if name not in there:
            raise UserError(
                f"input={argument}: no array {name!r}; name one of"
                f" {', '.join(there)}, as {file}:{there[0]}."
            )
    names, suffix = {"x": name}, name[1:] if name[:1] == "x" else ""
    for field in conditions:
        alike = [f"{field}{suffix}", *[f"y{suffix}"] * (field == "label")]
        if not (known := [each for each in alike if each in there]):
            raise UserError(
                f"input={argument}: no {alike[0]}, which the model takes, too;"
                f" add such an array, or name one for all inputs: {field}=…."
            )
        names[field] = known[0]
    return names


def _names_in(file: str, argument: str) -> list[str]:
    try:
        with zipfile.ZipFile(file) as archive:
            return [n.removesuffix(".npy") for n in archive.namelist()]
    except (OSError, zipfile.BadZipFile) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(
            f"input={argument}: expected a file of arrays ({reason!s:.200})."
        ) from error

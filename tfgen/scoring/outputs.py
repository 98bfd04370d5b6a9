"""Rows of output, written as they come; a killed process goes on.

Until it is whole, a file `scores.csv` is a folder `scores.csv.partial`: what is
to be its content, and `state.json`, which says how much of that counts. It is
replaced after each block, so that no row is there twice, and none is missing.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
import os
import pathlib
import shutil
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tfgen.errors import UserError
from tfgen.files import read_json, replacing, write_text, writing
from tfgen.scoring.block import Block

Columns = Mapping[str, np.ndarray]

ENDINGS = (".csv", ".npz")

_NOTHING = {"f": np.nan, "i": -1, "U": ""}
_COPIED = 1 << 20  # bytes at once


class Output:
    """A `.csv` or `.npz` file, and beside it one of bad inputs.

    Attributes:
      path: of the file.
      bad_path: of the inputs that are bad, and why: `<name>.bad.csv`.
      done: how many rows there are; `bad`, of how many inputs nothing is known.
    """

    def __init__(
        self,
        path: str | os.PathLike,
        template: Columns,
        heads: Mapping[str, Sequence[str]],
        identity: Mapping[str, Any],
    ):
        """Goes on where a process of the same identity was.

        Args:
          path: of the file.
          template: columns [1, ...], as they will come.
          heads: name of a column [B, K] -> K names, in a CSV file.
          identity: what decides on the rows.

        Raises:
          UserError: another ending, or rows of another identity.
        """
        self.path = pathlib.Path(path)
        ending = self.path.suffix.lower()
        if ending not in ENDINGS:
            raise UserError(
                f"output={path}: expected a file that ends in"
                f" {' or '.join(ENDINGS)}."
            )
        self.bad_path = self.path.with_name(f"{self.path.stem}.bad.csv")
        self._template, self._heads = template, heads
        self._csv = ending == ".csv"
        self._folder = self.path.with_name(f"{self.path.name}.partial")
        self._identity = json.loads(json.dumps(identity))
        new = {"done": 0, "bad": 0, "sizes": {}, "position": (0, 0)}
        self._state = new | self._held()
        self._files: dict[str, Any] = {}

    @property
    def done(self) -> int:
        """How many rows there are."""
        return self._state["done"]

    @property
    def bad(self) -> int:
        """How many of them say nothing."""
        return self._state["bad"]

    def _held(self) -> dict[str, Any]:
        try:
            state = read_json(self._folder / "state.json")
        except OSError:
            return {}
        for name, value in state["identity"].items():
            if self._identity.get(name) != value:
                raise UserError(
                    f"output={self.path}: {self._folder} was begun with another"
                    f" {name}; remove that folder, or name another output."
                )
        return state

    def __enter__(self):
        with writing(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
        names = ["rows"] if self._csv else ["input", *self._template]
        for name in ["bad", *names]:
            with writing(self._folder / name):
                file = self._files[name] = open(self._folder / name, "ab")
                file.truncate(self._state["sizes"].get(name, 0))
                file.seek(0, os.SEEK_END)
        return self

    def __exit__(self, *_):
        for file in self._files.values():
            file.close()

    @property
    def position(self) -> list:
        """Where reading goes on."""
        return self._state["position"]

    def part_path(self, row: int) -> pathlib.Path:
        """Returns the file of a block that another process computes.

        Args:
          row: of its first input.
        """
        return self._folder.absolute() / f"part-{row:012}.npz"

    def part(self, row: int) -> Columns | None:
        """Returns what another process has computed of a block, if it has."""
        try:
            with np.load(self.part_path(row)) as found:
                return dict(found)
        except FileNotFoundError:
            return None

    def add(self, block: Block, found: Columns, position: Sequence) -> None:
        """Writes a block; the file holds it when this returns.

        Args:
          block: the inputs.
          found: columns [G, ...] of the good ones.
          position: where reading goes on.
        """
        with writing(self._folder):
            if block.bad:
                rows = [
                    [self.done + i, block.names[i], why]
                    for i, why in block.bad.items()
                ]
                head = [] if self.bad else [["row", "input", "reason"]]
                self._files["bad"].write(_csv(head + rows))
            if self._csv:
                head = [] if self.done else [self._header()]
                rows = itertools.chain(head, _cells(block, found))
                self._files["rows"].write(_csv(rows))
            else:
                self._files["input"].write(_lines(block.names))
                for name, values in found.items():
                    content = _with_gaps(block, values, self._template[name])
                    self._files[name].write(content)
            for file in self._files.values():
                file.flush()
        sizes = {name: file.tell() for name, file in self._files.items()}
        self._state |= {
            "done": self.done + len(block.names),
            "bad": self.bad + len(block.bad),
            "sizes": sizes,
            "position": position,
            "identity": self._identity,
        }
        write_text(self._folder / "state.json", json.dumps(self._state))

    def finish(self) -> None:
        """Gives the files their names."""
        self.__exit__()
        with writing(self.path):
            if self._csv:
                (self._folder / "rows").replace(self.path)
            else:
                self._pack()
            if self.bad:
                (self._folder / "bad").replace(self.bad_path)
            else:
                self.bad_path.unlink(missing_ok=True)
            shutil.rmtree(self._folder)

    def text(self) -> str:
        """Returns how many rows there are, in a line.

        Raises:
          UserError: most inputs are bad.
        """
        line = f"{self.path}: {self.done:,} rows"
        if self.bad:
            line += f", {self.bad:,} of bad inputs: {self.bad_path} says why"
        if 2 * self.bad > self.done:
            raise UserError(f"output={line}; expected most to be good.")
        return line

    def _header(self) -> list[str]:
        names = ["input"]
        for name, values in self._template.items():
            if values.ndim == 1:
                names.append(name)
            else:
                heads = self._heads.get(name) or range(values[0].size)
                names += [f"{name}_{head}" for head in heads]
        return names

    def _pack(self):
        """Columns as an `.npz` file; they need not fit into memory."""
        partial = self._folder / "packed"
        with zipfile.ZipFile(partial, "w") as archive:
            texts = {"input": np.array([""])} | dict(self._template)
            for name, kind in texts.items():
                path = self._folder / name
                with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                    text = kind.dtype.kind == "U"
                    dtype = kind.dtype
                    if text:
                        width = max(map(len, _read_lines(path)))
                        dtype = np.dtype(f"<U{max(width, 1)}")
                    header = {
                        "descr": np.lib.format.dtype_to_descr(dtype),
                        "fortran_order": False,
                        "shape": (self.done, *kind.shape[1:]),
                    }
                    np.lib.format.write_array_header_1_0(file, header)
                    if text:
                        for line in _read_lines(path):
                            file.write(np.array(line, dtype).tobytes())
                    else:
                        with path.open("rb") as content:
                            shutil.copyfileobj(content, file, _COPIED)
        partial.replace(self.path)


def write_columns(path: pathlib.Path, found: Columns) -> None:
    """Writes a block's columns; the file is whole or not there."""
    with replacing(path) as partial, partial.open("wb") as file:
        np.savez(file, **found)


def _cells(block: Block, found: Columns) -> Iterator[list]:
    """Rows of a CSV file; those of bad inputs are empty."""
    # NumPy's text of a float32 is the shortest that is the same number.
    texts = [
        values.reshape(len(values), math.prod(values.shape[1:])).astype(str)
        for values in found.values()
    ]
    together = np.concatenate(texts, axis=1)
    nothing = [""] * together.shape[1]
    rows = iter(together.tolist())
    for i, name in enumerate(block.names):
        yield [name, *(nothing if i in block.bad else next(rows))]


def _with_gaps(block: Block, values: np.ndarray, kind: np.ndarray) -> bytes:
    """The values of good inputs, and of bad ones what says nothing."""
    text = kind.dtype.kind == "U"
    every = np.full(
        (len(block.names), *kind.shape[1:]),
        _NOTHING[kind.dtype.kind],
        object if text else kind.dtype,
    )
    every[block.places] = values
    return _lines(every) if text else every.tobytes()


def _csv(rows) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8", "backslashreplace")


def _lines(names) -> bytes:
    """A line each; names have no line ends of their own."""
    lines = (json.dumps(str(name)) + "\n" for name in names)
    return "".join(lines).encode()


def _read_lines(path: pathlib.Path) -> Iterator[str]:
    with path.open() as file:
        yield from map(json.loads, file)

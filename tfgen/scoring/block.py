"""A user's inputs in blocks, read as they are needed.

A kind of file is a `Source`: what it is known by, and its blocks from any input
on, so that a process that was killed goes on where it was.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from tfgen.data.keys import digest
from tfgen.errors import UserError

SIZE = 1024  # inputs of a block, and rows that are written at once


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


def of_rows(
    path: str, first: int, read: Mapping[str, np.ndarray], bad: dict[int, str]
) -> Block:
    """Returns rows of a file, of which `read` also has those that are bad."""
    names = [f"{path}#{i}" for i in range(first, first + len(read["x"]))]
    places = Block(names, bad, {}).places
    return Block(names, bad, {f: v[places] for f, v in read.items()})


def existing(path: str) -> str:
    """Returns the path of a file; raises `UserError` if there is none."""
    if not os.path.isfile(path):
        raise UserError(f"input={path}: no such file.")
    return path


def identity(path: str, *names: str) -> str:
    """Returns what changes with a file, and with what is read of it."""
    status = os.stat(path)
    return digest(path, status.st_size, status.st_mtime_ns, *names)

"""CSV files in blocks of whole lines, which threads can parse side by side."""

from __future__ import annotations

import collections
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from typing import IO, TypeVar

_A, _B = TypeVar("_A"), TypeVar("_B")


class PlainLines:
    """Blocks of lines after the first, up to where a quote is found.

    Where lines end is plain without quotes alone.

    Attributes:
      end: after the iteration, of what was yielded: bytes from the start of the
        file; None if that is all of it.
    """

    def __init__(self, stream: IO[bytes], size: int):
        """Reads nothing yet.

        Args:
          stream: the file, at its start.
          size: of a block, about, in bytes.
        """
        self._stream, self._size = stream, size
        self.end: int | None = 0

    def __iter__(self) -> Iterator[memoryview]:
        rest, header = b"", True
        while read := self._stream.read(self._size):
            read = rest + read
            start, cut = 0, read.rfind(b"\n") + 1
            rest = read[cut:]
            if header and cut:
                start = read.find(b"\n") + 1
                if read.count(b'"', 0, start) % 2:
                    return
                self.end, header = start, False
            if read.find(b'"', start, cut) >= 0 or len(rest) > self._size:
                return  # a quote, or ends of lines of another kind
            self.end += cut - start
            block = memoryview(read)[start:cut]
            if not _blank(block):
                yield block
        if header or b'"' in rest:
            return
        self.end = None
        if not _blank(rest):
            yield memoryview(rest)


def _blank(block):
    """Whether there are ends of lines alone; the first bytes mostly tell."""
    return all(not bytes(b).strip(b"\r\n") for b in (block[:99], block))


def in_order(function: Callable[[_A], _B], items: Iterable[_A]) -> Iterator[_B]:
    """Yields what a function makes of items; some are made meanwhile.

    Args:
      function: runs in threads, as many as there are cores.
      items: as many as threads are taken ahead.
    """
    count = os.cpu_count() or 1
    with futures.ThreadPoolExecutor(count) as threads:
        waiting = collections.deque()
        for item in items:
            waiting.append(threads.submit(function, item))
            if len(waiting) > count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

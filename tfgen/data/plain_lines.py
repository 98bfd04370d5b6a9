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

    def __iter__(self) -> Iterator[bytes]:
        rest, header = b"", True
        while read := self._stream.read(self._size):
            read = rest + bytes(read)
            cut = read.rfind(b"\n") + 1
            block, rest = read[:cut], read[cut:]
            if header and block:
                names, _, block = block.partition(b"\n")
                if names.count(b'"') % 2:
                    return
                self.end, header = len(names) + 1, False
            if b'"' in block or len(rest) > self._size:
                return  # a quote, or ends of lines of another kind
            self.end += len(block)
            if block.strip():
                yield block
        if header or b'"' in rest:
            return
        self.end = None
        if rest.strip():
            yield rest


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

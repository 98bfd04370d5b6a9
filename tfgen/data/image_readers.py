"""Many image files, read side by side.

Run as a program, this module is the other side of `_Process`.
"""

from __future__ import annotations

import collections
import contextlib
import multiprocessing.pool
import os
import pathlib
import pickle
import queue
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from tfgen.data import image_file

MANY = 10_000  # files, from which on processes read them

_Result = image_file.ReadImage | image_file.BadImageError


def read_each(paths: Sequence[str], *settings: Any) -> Iterator[_Result]:
    """Yields what `image_file.read` returns or raises, in the paths' order.

    Threads suffice for a few files, since Pillow decodes without the
    interpreter's lock. But most of the work on a small file is Python's: many
    files are read by a process for each thread.

    Args:
      paths: of the files, absolute.
      *settings: the other arguments of `image_file.read`.
    """
    # Threads that wait for each other after every file take longer.
    size = min(64, 1 + len(paths) // 100)
    tasks = [paths[i : i + size] for i in range(0, len(paths), size)]
    count = os.cpu_count() or 1
    readers = queue.SimpleQueue()

    def read(task: Sequence[str]) -> list[_Result]:
        reader = readers.get()
        try:
            return reader(task)
        finally:
            readers.put(reader)

    with contextlib.ExitStack() as stack:
        for _ in range(count):
            many = len(paths) >= MANY
            readers.put(
                stack.enter_context(_Process(settings))
                if many
                else lambda task: _read(task, settings)
            )
        with multiprocessing.pool.ThreadPool(count) as pool:
            # Not `imap`, which reads ahead without an end.
            ahead = collections.deque()
            for task in tasks:
                ahead.append(pool.apply_async(read, [task]))
                if len(ahead) > 4 * count:
                    yield from ahead.popleft().get()
            while ahead:
                yield from ahead.popleft().get()


def _read(paths: Sequence[str], settings: Sequence[Any]) -> list[_Result]:
    results = []
    for path in paths:
        try:
            results.append(image_file.read(path, *settings))
        except image_file.BadImageError as error:
            results.append(error)
    return results


class _Process:
    """`_read` in another process, a context manager.

    It ends with this one, whose end closes its standard input.
    """

    def __init__(self, settings: Sequence[Any]):
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            # From here the package is found, installed or not.
            cwd=pathlib.Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for this process
        )
        self._settings = settings

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.communicate()

    def __call__(self, paths: Sequence[str]) -> list[_Result]:
        """See `_read`."""
        try:
            pickle.dump((paths, self._settings), self._process.stdin)
            self._process.stdin.flush()
            return pickle.load(self._process.stdout)
        except (EOFError, BrokenPipeError) as error:
            raise RuntimeError(
                f"a process that reads images ended near {paths[0]}"
            ) from error


def _serve() -> None:
    with contextlib.suppress(EOFError):
        while True:
            task = pickle.load(sys.stdin.buffer)
            pickle.dump(_read(*task), sys.stdout.buffer)
            sys.stdout.flush()


if __name__ == "__main__":
    _serve()

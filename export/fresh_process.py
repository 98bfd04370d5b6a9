"""Runs a module of this package in a new Python process."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
from typing import BinaryIO

_ROOT = pathlib.Path(__file__).parents[1]


class ProcessError(RuntimeError):
    """The process failed or was killed; the message is one line."""


class FreshProcess:
    """A running `python -m <module> <arguments>`, a context manager.

    The module may do what it can do early (import TensorFlow) and then read its
    standard input to the end, which comes with `wait`. It is killed when the
    thread that started it ends.
    """

    def __init__(self, module: str, *arguments: str | os.PathLike):
        """Starts the process; paths must be absolute."""
        # A file cannot fill up and stop the process, as a pipe can.
        self._stdout = tempfile.TemporaryFile()
        self._stderr = tempfile.TemporaryFile()
        command = [sys.executable, "-m", "tfgen.processes", str(os.getpid())]
        self._process = subprocess.Popen(
            [*command, module, *map(os.fspath, arguments)],
            # From here the package is found, installed or not.
            cwd=_ROOT,
            env={"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ},
            stdin=subprocess.PIPE,
            stdout=self._stdout,
            stderr=self._stderr,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self) -> None:
        """Kills the process if it still runs."""
        self._process.kill()
        self._process.wait()
        for file in (self._process.stdin, self._stdout, self._stderr):
            file.close()

    def wait(self) -> None:
        """Ends the standard input of the process, and waits for its end.

        Raises:
          ProcessError: it failed; the message is the last line of its standard
            error, or the signal that killed it.
        """
        self._process.stdin.close()
        code = self._process.wait()
        if code < 0:
            name = signal.Signals(-code).name
            raise ProcessError(f"the process was killed by {name}")
        if code:
            raise ProcessError((_lines(self._stderr) or ["no message"])[-1])

    def printed(self) -> list[str]:
        """Returns the lines of its standard output; call it after `wait`."""
        return _lines(self._stdout)


def _lines(file: BinaryIO) -> list[str]:
    file.seek(0)
    return file.read().decode(errors="replace").strip().splitlines()

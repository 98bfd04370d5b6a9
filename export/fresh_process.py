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

    Leaving the context kills it if it still runs.
    """

    def __init__(self, module: str, *arguments: str | os.PathLike):
        """Starts the process; paths must be absolute."""
        # A file cannot fill up and stop the process, as a pipe can.
        self._stdout = tempfile.TemporaryFile()
        self._stderr = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *map(os.fspath, arguments)],
            # From here the package is found, installed or not.
            cwd=_ROOT,
            env={"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ},
            stdin=subprocess.DEVNULL,
            stdout=self._stdout,
            stderr=self._stderr,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._stdout.close()
        self._stderr.close()

    def output(self) -> str:
        """Waits, and returns the last line of the standard output.

        Raises:
          ProcessError: the process failed; the message is the last line of its
            standard error, or the signal that killed it.
        """
        code = self._process.wait()
        if code < 0:
            name = signal.Signals(-code).name
            raise ProcessError(f"the process was killed by {name}")
        if code:
            raise ProcessError(_last_line(self._stderr))
        return _last_line(self._stdout)


def _last_line(file: BinaryIO) -> str:
    file.seek(0)
    lines = file.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""

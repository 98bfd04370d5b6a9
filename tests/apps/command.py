"""Runs an app as a user does: in a process of its own."""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[2]


def start(module, *arguments, **environment):
    """Starts `python -m module`, its output in pipes, as text."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(module, *arguments, **environment):
    """Returns the exit code, and the lines of its output and of its errors."""
    process = start(module, *arguments, **environment)
    return finish(process)


def finish(process):
    """Waits for a process of `start`; returns what `run` does."""
    with process:
        out, error = process.communicate(timeout=600)
    return process.returncode, out.splitlines(), error.splitlines()

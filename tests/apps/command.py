"""Runs an app as a user does, in a process of its own, or in this one."""

import contextlib
import io
import os
import pathlib
import runpy
import subprocess
import sys
from unittest import mock

from absl import flags

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


@contextlib.contextmanager
def own_flags():
    """Flags defined in this context are gone after it."""
    others = set(flags.FLAGS)
    try:
        yield
    finally:
        for name in set(flags.FLAGS) - others:
            delattr(flags.FLAGS, name)
        flags.FLAGS.unparse_flags()


def run_here(module, *arguments):
    """What `run` does and returns, without waiting for TensorFlow to start."""
    out, error, code = io.StringIO(), io.StringIO(), 0
    with (
        own_flags(),
        mock.patch.object(sys, "argv", [module, *map(str, arguments)]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(error),
    ):
        try:
            runpy.run_module(module, run_name="__main__")
        except SystemExit as stopped:
            code = stopped.code or 0
    return code, out.getvalue().splitlines(), error.getvalue().splitlines()

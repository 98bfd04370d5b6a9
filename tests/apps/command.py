"""Runs an app as a user does, in a process of its own, or in this one."""

import contextlib
import io
import multiprocessing
import os
import pathlib
import runpy
import subprocess
import sys
import tempfile
from unittest import mock

from absl import flags, logging

from tfgen.processes import end_with_parent

ROOT = pathlib.Path(__file__).parents[2]
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.apps.preloaded"])


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


class Fork:
    """A `start` that need not import TensorFlow: its parent has.

    The parent has started nothing of it. So the process has a life of its own,
    but for what the libraries print while they are imported.
    """

    def __init__(self, module, *arguments, **environment):
        self._folder = tempfile.TemporaryDirectory()
        self._outputs = [pathlib.Path(self._folder.name, x) for x in "12"]
        self._process = _forks.Process(
            target=_run_module,
            args=(module, [*map(str, arguments)], environment, self._outputs),
        )
        self._process.start()
        self.pid, self.kill = self._process.pid, self._process.kill

    def poll(self):
        return self._process.exitcode

    def send_signal(self, signum):
        os.kill(self.pid, signum)

    def finish(self):
        """Waits for the end; returns what `run` does."""
        with self._folder:
            self._process.join(600)
            out, error = (x.read_text().splitlines() for x in self._outputs)
        return self._process.exitcode, out, error


def _run_module(module, arguments, environment, outputs):
    end_with_parent(os.getppid())
    os.environ.update(environment)
    for descriptor, path in enumerate(outputs, 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), descriptor)
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)


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
    verbosity = logging.get_verbosity()
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
        finally:
            logging.set_verbosity(verbosity)
    return code, out.getvalue().splitlines(), error.getvalue().splitlines()

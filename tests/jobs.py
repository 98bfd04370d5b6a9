"""What the processes of test_processes.py do; they load no TensorFlow."""

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import time

from tfgen.errors import UserError


def prepare(debug):
    """Nothing; so nothing of the tests waits for TensorFlow."""


def square(x):
    return x * x, os.getpid()


def fail(x):
    raise UserError(f"set x={x}: expected another.")


def die(x):
    os.kill(os.getpid(), signal.SIGKILL)


def first_fails(path):
    """The first raises as soon as the other is there, which then waits."""
    if path.name == "fails":
        while not path.with_name("waits").exists():
            time.sleep(0.01)
        raise UserError("no")
    try:
        path.touch()
        time.sleep(60)
    finally:
        path.with_name("saved").touch()


def stay(path):
    """Writes its process id, and is deaf to SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    path.write_text(f"{os.getpid()}\n")
    time.sleep(1000)


def outlives(code, path):
    """Whether a child is there after its parent was killed.

    Args:
      code: a program that starts a child, which writes a line with its process
        id to `path`.
      path: a pathlib.Path.
    """
    root = pathlib.Path(__file__).parents[1]
    with subprocess.Popen([sys.executable, "-c", code], cwd=root) as parent:
        while not (path.exists() and path.read_text().endswith("\n")):
            assert parent.poll() is None
            time.sleep(0.01)
        parent.kill()
    child = int(path.read_text())
    for _ in range(1000):
        if not alive(child):
            return False
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    return True


def alive(pid):
    """Whether a process is there that has not ended (a zombie has)."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        status = pathlib.Path(f"/proc/{pid}/stat").read_text()
        return status.rpartition(")")[2].split()[0] != "Z"
    return False

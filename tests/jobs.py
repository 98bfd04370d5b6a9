"""What the processes of test_processes.py do; they load no TensorFlow."""

import os
import signal
import time

from tfgen.errors import UserError


def prepare(debug):
    """Nothing; so nothing of the tests waits for TensorFlow."""


def square(x):
    return x * x, os.getpid()


def fail(x):
    raise UserError(f"--set x={x}: expected another.")


def die(x):
    os.kill(os.getpid(), signal.SIGKILL)


def first_fails(path):
    """The first raises as soon as the other is there, which then waits."""
    if path.name == "fails":
        while not path.with_name("waits").exists():
            time.sleep(0.01)
        raise UserError("no")
    try:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        path.touch()
        time.sleep(60)
    finally:
        path.with_name("saved").touch()

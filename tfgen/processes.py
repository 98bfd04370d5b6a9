"""Work in other processes, a fresh one for each job.

When a process ends, its memory is free again. So is TensorFlow's count of how
often a line of code was traced, which adds up over all models of a process and
ends in warnings. This module imports TensorFlow only when it is told to.

`python -m tfgen.processes PID MODULE ARGUMENTS...` is `python -m MODULE
ARGUMENTS...` that does not outlive its parent, the process PID.
"""

from __future__ import annotations

import ctypes
import logging as python_logging
import multiprocessing
import os
import pickle
import runpy
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import connection
from typing import Any, TypeVar

from absl import logging

Job = TypeVar("Job")
Result = TypeVar("Result")


_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def unwind_on_sigterm() -> None:
    """Lets SIGTERM raise, as SIGINT does, so that what is half done is removed.

    The `KeyboardInterrupt` has the signal as its attribute `signum`.
    """

    def stop(signum, frame):
        del frame
        stopped = KeyboardInterrupt("stopped by SIGTERM.")
        stopped.signum = signum
        raise stopped

    signal.signal(signal.SIGTERM, stop)


def end_with_parent(parent: int) -> None:
    """Lets the kernel kill this process when its parent has ended.

    However the parent ends, and whatever this process does then. Linux takes
    the thread that started this process for its parent.

    Args:
      parent: process id of the parent.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before
        os.kill(os.getpid(), signal.SIGKILL)


def start_tensorflow(debug: bool) -> None:
    """Imports TensorFlow, without the lines that its libraries print.

    Args:
      debug: with these lines, and with every message and its place; else only
        warnings are shown, as plain lines.
    """
    logging.set_verbosity(logging.INFO if debug else logging.WARNING)
    if debug:
        import tensorflow

        return
    line = python_logging.Formatter("%(levelname)s: %(message)s")
    logging.get_absl_handler().setFormatter(line)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.stderr.flush()
    kept, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        import tensorflow  # noqa: F401
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(null)


def each_in_a_process(
    function: Callable[[Job], Result],
    jobs: Iterable[Job],
    parallel: int,
    prepare: Callable[[bool], None] = start_tensorflow,
) -> Iterator[tuple[Job, Result]]:
    """Yields each job and its result, in the order in which they end.

    A job that fails, or a signal, ends the others by SIGTERM, at which
    trainings save. If this process is killed, so are they.

    Args:
      function: of a module, so that it can be named to a process.
      jobs: its arguments.
      parallel: processes at a time, at least 1.
      prepare: called in each process first, with whether to debug.

    Raises:
      RuntimeError: a process was killed.
      Exception: whatever `function` raised.
    """
    context = multiprocessing.get_context("spawn")
    debug = logging.get_verbosity() > logging.WARNING
    waiting = list(reversed(list(jobs)))
    running: dict[connection.Connection, tuple[Job, Any]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < parallel:
                job = waiting.pop()
                receiver, sender = context.Pipe(duplex=False)
                # Unpacked after `prepare`: it names modules to import.
                packed = pickle.dumps((function, job))
                arguments = (packed, sender, prepare, debug)
                process = context.Process(target=_work, args=arguments)
                process.start()
                sender.close()  # the process has its own
                running[receiver] = job, process
            for receiver in connection.wait(list(running)):
                job, process = running[receiver]
                result, error = _receive(receiver, process)
                del running[receiver]
                process.join()
                if error:
                    raise error
                yield job, result
    finally:
        for _, process in running.values():
            process.terminate()
        for _, process in running.values():
            process.join()


def _receive(receiver, process) -> tuple[Any, BaseException | None]:
    try:
        return receiver.recv()
    except EOFError:
        process.join()
        code = process.exitcode
        raise RuntimeError(
            f"a process ended with exit code {code}"
            + (" (killed; out of memory?)" if code == -signal.SIGKILL else "")
        ) from None
    finally:
        receiver.close()


def _work(packed, sender, prepare, debug) -> None:
    """The whole life of a process."""
    # Of its own group: Ctrl-C reaches the parent, which sends one signal.
    os.setpgrp()
    unwind_on_sigterm()
    end_with_parent(multiprocessing.parent_process().pid)
    try:
        prepare(debug)
        function, job = pickle.loads(packed)
        answer = function(job), None
    except BaseException as error:
        if debug:
            traceback.print_exc()
        answer = None, error
    try:
        sender.send(answer)
    except BrokenPipeError:  # nobody waits for it
        pass


if __name__ == "__main__":
    pid, module, *sys.argv[1:] = sys.argv[1:]
    end_with_parent(int(pid))
    runpy.run_module(module, run_name="__main__", alter_sys=True)

"""The workers of a cluster meet at the start, and say which one is gone.

TensorFlow waits for ever for a worker that does not come, and no signal reaches
a process that waits so. Here they meet before TensorFlow connects them: each
calls the first one, which answers when all have called.

Workers are a mapping of names ("worker 0", as in TF_CONFIG) to "host:port".
"""

import contextlib
import os
import pathlib
import re
import selectors
import socket
import sys
import time
from collections.abc import Collection, Iterator, Mapping

import tensorflow as tf

from tfgen.errors import UserError
from tfgen.train.checkpoint import Checkpoints

_HERE = "tfgen: all are here"
_NOT_HERE = "tfgen: not here: "


def wait_for_all(workers: Mapping[str, str], own: str, seconds: float) -> None:
    """Returns when all workers have called this.

    Args:
      workers: the first one listens at its port until all are there.
      own: name of this one.
      seconds: to wait at most.

    Raises:
      UserError: not all have come, or the port is taken.
    """
    others = _named(workers, workers.keys() - {own})
    print(
        f"waiting up to {seconds:g} s for the other workers: {others}",
        file=sys.stderr,
        flush=True,
    )
    meet = _listen if own == next(iter(workers)) else _call
    if problem := meet(workers, own, time.monotonic() + seconds):
        raise UserError(
            f"worker_timeout={seconds:g}: {problem}; start all workers, each"
            " with the same command and its own TF_CONFIG."
        )


def _listen(workers: Mapping[str, str], own: str, deadline: float) -> str:
    """Answers the others when all have called; returns who has not."""
    here: dict[str, socket.socket] = {}
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(_server(workers, own))
        selector = stack.enter_context(selectors.DefaultSelector())
        selector.register(server, selectors.EVENT_READ)
        while missing := workers.keys() - here - {own}:
            if (left := deadline - time.monotonic()) <= 0:
                break
            for key, _ in selector.select(left):
                if key.fileobj is server:
                    caller = stack.enter_context(server.accept()[0])
                    if (name := _read(caller)) in workers:
                        here[name] = caller
                        selector.register(caller, selectors.EVENT_READ)
                else:  # it has ended
                    selector.unregister(key.fileobj)
                    here = {n: c for n, c in here.items() if c != key.fileobj}
        problem = f"{_named(workers, missing)} did not come" if missing else ""
        answer = f"{_NOT_HERE}{problem}" if problem else _HERE
        for caller in here.values():
            with contextlib.suppress(OSError):
                caller.sendall(f"{answer}\n".encode())
    return problem


def _server(workers: Mapping[str, str], own: str) -> socket.socket:
    both = socket.has_dualstack_ipv6()
    try:
        return socket.create_server(
            ("", host_and_port(workers[own])[1]),
            family=socket.AF_INET6 if both else socket.AF_INET,
            dualstack_ipv6=both,
        )
    except OSError as error:
        raise UserError(
            f"TF_CONFIG: {_named(workers, [own])} cannot listen at its port"
            f" ({os.strerror(error.errno)}); end what runs there, an earlier"
            " training perhaps, or choose another port."
        ) from error


def _call(workers: Mapping[str, str], own: str, deadline: float) -> str:
    """Calls the first one until it answers; returns what was wrong."""
    first = next(iter(workers))
    problem = "did not come"
    while (left := deadline - time.monotonic()) > 0:
        answer = ""
        try:
            with socket.create_connection(
                host_and_port(workers[first]), timeout=left
            ) as called:
                called.sendall(f"{own}\n".encode())
                problem = "still waits for others"
                answer = _read(called, left)
        except TimeoutError:
            continue
        except OSError as error:
            problem = f"did not come ({error.strerror})"
        if answer == _HERE:
            return ""
        if answer.startswith(_NOT_HERE):
            return answer.removeprefix(_NOT_HERE)
        if answer:
            problem = "is something else; an earlier training may run there"
        time.sleep(0.1)
    return f"{_named(workers, [first])} {problem}"


def _read(connection: socket.socket, seconds: float = 1.0) -> str:
    """Returns a line, whoever sent it; empty if none came."""
    connection.settimeout(seconds)
    try:
        with connection.makefile("rb") as file:
            return file.readline(1000).decode(errors="replace").strip()
    except OSError:
        return ""


@contextlib.contextmanager
def lost_in_words(
    workers: Mapping[str, str], own: str, workdir: str | os.PathLike
) -> Iterator[None]:
    """Turns TensorFlow's error that a worker is gone into a `UserError`.

    Args:
      workers: at most one, and there is nothing to turn.
      own: name of this one.
      workdir: what is gone on with is in its `checkpoints`.
    """
    try:
        yield
    except (
        tf.errors.UnavailableError,
        tf.errors.AbortedError,
        tf.errors.CancelledError,
        tf.errors.DeadlineExceededError,
        tf.errors.FailedPreconditionError,
        tf.errors.InternalError,
    ) as error:
        gone = _gone(workers, own, str(error))
        if not gone:
            raise
        saved = Checkpoints(pathlib.Path(workdir, "checkpoints"), "last", 1)
        found = saved.folders()
        last = f"last checkpoint: {found[0]}" if found else "no checkpoint yet"
        raise UserError(
            f"lost {_named(workers, gone)}; {last}. Start all workers"
            " again, each with the same command."
        ) from error


def _gone(workers: Mapping[str, str], own: str, text: str) -> set[str]:
    """The workers that an error speaks of, or that do not listen any more."""
    found = re.findall(r"/job:(\w+)(?:/replica:\d+)?/task:(\d+)", text)
    named = {f"{job} {index}" for job, index in found} & workers.keys() - {own}
    if "CoordinationService" in text:  # the first worker's, which all call
        named |= {next(iter(workers), own)} - {own}
    # Of several, TensorFlow names a neighbour that has only heard of it.
    silent = {n for n in workers.keys() - {own} if not _listens(workers[n])}
    return named & silent or silent or named


def _listens(address: str) -> bool:
    try:
        socket.create_connection(host_and_port(address), timeout=2).close()
    except OSError:
        return False
    return True


def _named(workers: Mapping[str, str], names: Collection[str]) -> str:
    return ", ".join(f"{n} ({a})" for n, a in workers.items() if n in names)


def host_and_port(address: str) -> tuple[str, int]:
    """Returns the parts of "host:port".

    Raises:
      ValueError: it has no port.
    """
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)

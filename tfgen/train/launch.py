"""Workers of a cluster, all on this machine: for trying.

On several machines, Kubernetes or Slurm start them (`deploy/`).
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from typing import TextIO


def launch(
    module: str, arguments: Sequence[str], workers: int, grace: float
) -> int:
    """Runs `python -m module arguments` as all workers of a cluster.

    What they print gets the worker's number. When one fails, or at a signal,
    the others are told to stop (SIGTERM: trainings save); who has not ended
    after the grace period is killed. They end with this process, whatever ends
    it.

    Args:
      module: to run.
      arguments: of it.
      workers: how many, at least 1.
      grace: seconds.

    Returns:
      0 if all ended so, else the exit code of the first that did not; 128 + the
      signal that ended it.
    """
    running: list[subprocess.Popen] = []
    printers: list[threading.Thread] = []
    try:
        for environment in _environments(workers):
            process = _start(module, arguments, environment)
            number = len(running)
            running.append(process)
            for source, target in (
                (process.stdout, sys.stdout),
                (process.stderr, sys.stderr),
            ):
                thread = threading.Thread(
                    target=_print, args=(number, source, target), daemon=True
                )
                thread.start()
                printers.append(thread)
        code = _first_failure(running)
    finally:
        _stop(running, grace)
        for thread in printers:
            thread.join()
    return code


def _environments(workers: int) -> Iterator[dict[str, str]]:
    """Yields the environment of each worker; on the CPU, which they share."""
    with contextlib.ExitStack() as stack:
        servers = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            for _ in range(workers)
        ]
        ports = [server.getsockname()[1] for server in servers]
    cluster = {"worker": [f"127.0.0.1:{port}" for port in ports]}
    for index in range(workers):
        task = {"type": "worker", "index": index}
        config = json.dumps({"cluster": cluster, "task": task})
        yield {**os.environ, "TF_CONFIG": config, "CUDA_VISIBLE_DEVICES": "-1"}


def _start(module, arguments, environment) -> subprocess.Popen:
    command = [sys.executable, "-m", "tfgen.processes", str(os.getpid())]
    return subprocess.Popen(
        [*command, module, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        # Ctrl-C reaches this process alone, which tells each of them once.
        process_group=0,
    )


def _print(number: int, source: TextIO, target: TextIO) -> None:
    with source:
        for line in source:
            target.write(f"[{number}] {line}")
            target.flush()


def _first_failure(running: Sequence[subprocess.Popen]) -> int:
    """Waits for all, or for the first that fails; returns its code."""
    waiting = dict(enumerate(running))
    while waiting:
        time.sleep(0.05)
        for number, process in list(waiting.items()):
            code = process.poll()
            if code is not None:
                del waiting[number]
            if code:
                how = f"ended with exit code {code}"
                if code < 0:
                    how = f"was ended by {signal.Signals(-code).name}"
                print(f"worker {number} {how}; all stop.", file=sys.stderr)
                return code if code > 0 else 128 - code
    return 0


def _stop(running: Sequence[subprocess.Popen], grace: float) -> None:
    """Ends them: by SIGTERM, and after the grace period by SIGKILL."""
    for process in running:
        process.terminate()
    end = time.monotonic() + grace
    for number, process in enumerate(running):
        try:
            process.wait(max(0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            print(
                f"worker {number} has not stopped after {grace:g} s: killed.",
                file=sys.stderr,
            )
            process.kill()
            process.wait()

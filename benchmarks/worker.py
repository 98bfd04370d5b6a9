"""The process of one library: builds, warms up, then measures when asked.

Started by `runner.py` as `python -m benchmarks.worker TASK LIBRARY SIZE
FIGURES` with the library's own interpreter; a task is `bench`, `pairs`,
`adversaries` or another of its kind. It talks JSON lines: it first writes one
line that says what it is, then answers each line of standard input, `{"figure":
"train", "variant": "jit", "seconds": 3}`, with one line.
"""

import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Iterable
from typing import Any, TextIO

import numpy as np

from benchmarks import bench

WARM_UP_SECONDS = 1.0
WAIT_SECONDS = 0.25  # let this much work queue up before waiting for it


def run(work: bench.Work, calls: int) -> list[np.ndarray]:
    """Makes `calls` calls and waits for every one of their results."""
    pending = [work.call() for _ in range(calls)]
    return [np.asarray(result) for result in pending]


def rate(work: bench.Work, seconds: float) -> float:
    """Items a second over at least `seconds`, waiting rarely.

    Libraries that compute in the background are not made to wait after each
    call, and every call counted has ended when the clock is read.
    """
    calls = 1
    done = 0
    start = last = time.perf_counter()
    while last - start < seconds:
        run(work, calls)
        done += calls
        now = time.perf_counter()
        calls = max(1, round(calls * WAIT_SECONDS / max(now - last, 1e-6)))
        last = now
    return done * work.items / (last - start)


def warm_up(
    library: Any, figures: Iterable[str]
) -> tuple[dict[str, dict[str, float]], dict[str, str], dict[str, float]]:
    """Compiles and runs each variant.

    Args:
      library: the task's `Bench`.
      figures: its fields that hold variants.

    Returns:
      Figure -> variant that works -> items a second, a first impression;
      failed variant -> error in one line;
      variant -> seconds of its first call, mostly compilation.
    """
    working, failed, first_call = {}, {}, {}
    for figure in figures:
        working[figure] = {}
        for variant, work in getattr(library, figure).items():
            name = f"{figure}/{variant}"
            try:
                start = time.perf_counter()
                (result,) = run(work, 1)
                first_call[name] = time.perf_counter() - start
                if not np.all(np.isfinite(result)):
                    raise FloatingPointError("the result is not finite")
                rate(work, WARM_UP_SECONDS / 2)
                working[figure][variant] = rate(work, WARM_UP_SECONDS)
            except Exception as error:
                traceback.print_exc()
                failed[name] = (str(error) or repr(error)).splitlines()[0]
    return working, failed, first_call


def serve(
    task_name: str,
    name: str,
    size: int,
    figures: Iterable[str],
    replies: TextIO,
) -> None:
    """Builds a library and answers requests until standard input ends."""

    def reply(**fields: object) -> None:
        print(json.dumps(fields), file=replies, flush=True)

    try:
        task = importlib.import_module(f"benchmarks.{task_name}")
        peer = task.LIBRARIES[name]
        module = importlib.import_module(f"benchmarks.peers.{peer}")
        library = task.build(module, size)
    except ModuleNotFoundError as error:
        reply(missing=error.name)
        return
    variants, failed, first_call = warm_up(library, figures)
    reply(
        versions=dict(library.versions),
        parameters=getattr(library, "parameters", 0),
        variants=variants,
        failed=failed,
        first_call_seconds=first_call,
    )
    for line in sys.stdin:
        request = json.loads(line)
        figure, variant = request["figure"], request["variant"]
        work = getattr(library, figure)[variant]
        if request.get("mean"):
            (result,) = run(work, 1)
            reply(mean=float(result.mean()))
        else:
            reply(rate=rate(work, request["seconds"]))


if __name__ == "__main__":
    # Libraries that print must not break the protocol.
    stream = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(*sys.argv[1:3], int(sys.argv[3]), sys.argv[4:], stream)

"""Keeps a server, or a training, at work, and watches memory and failures.

Four models are published, and the development server is asked by REST and by
gRPC as `apps.query` asks: rows of each model, in turn. Every so often one of
them gets a new version. Beside them, slow clients send half a request and wait,
and broken ones send what is no request, or hang up. A process of `apps.query`
asks each new version. Each tenth of the time prints requests, failures, the
slowest one and the server's memory.

No good request may fail, and memory must be flat: in the end at most 5 % above
that after three tenths.

With --train_steps a training is watched instead: its speed, which must not fall
by more than 10 %, and its memory.

Example:
  python -m benchmarks.soak --minutes=30
  python -m benchmarks.soak --train_steps=200000
"""

import collections
import contextlib
import json
import pathlib
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Iterator, Sequence

import numpy as np
from absl import app, flags, logging

from benchmarks import memory

ROOT = pathlib.Path(__file__).parents[1]
MODELS = {
    "real_nvp": "log_prob",
    "gan": "decode",
    "vae": "encode",
    "inner_attention": "classify",
}
ROWS = 7
_HEAD = b"POST /v1/models/gan:predict HTTP/1.1\r\nHost: x\r\n"


def export(model: str, folder: pathlib.Path) -> tuple[pathlib.Path, list]:
    """Writes a SavedModel of a model that was not trained, and its calls."""
    from export.calls import Call
    from export.write.saved_model import write_saved_model
    from tfgen.capabilities import signatures
    from tfgen.example_inputs import example_inputs
    from tfgen.run import Run

    built = Run.start(folder / model, model, "tiny").build_model()
    name = MODELS[model]
    one = {name: signatures(built)[name]}
    write_saved_model(one, built.spec, folder / model / "saved_model")
    rows = {
        name: array.astype(object) if array.dtype.kind == "S" else array
        for name, array in example_inputs(built, ROWS, 0).items()
    }
    return folder / model / "saved_model", [Call.of(name, one[name], rows)]


@contextlib.contextmanager
def server(folder: pathlib.Path) -> Iterator[tuple[int, str, str]]:
    """Runs one; gives its process, and where REST and gRPC are."""
    command = ["apps.serve", f"--folder={folder}", "--rest_api_port=0"]
    command += ["--port=0", "--poll_seconds=0.5", "--read_timeout=5"]
    with subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            for line in running.stdout:
                if found := re.search(r"REST (\S+), gRPC (\S+)", line):
                    break
            else:
                raise SystemExit("the server did not start")
            threading.Thread(target=running.stdout.read, daemon=True).start()
            yield running.pid, found[1], f"grpc://{found[2]}"
        finally:
            running.terminate()


def resident(pid: int) -> int:
    """MiB that a process holds."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) >> 10


class Load:
    """Clients of all kinds, until `stop` is set."""

    def __init__(self, rest: str, grpc: str, calls: dict):
        self.rest, self.grpc, self.calls = rest, grpc, calls
        self.stop = threading.Event()
        self.counts: collections.Counter[str] = collections.Counter()
        self.slowest = 0.0
        self.failures: list[str] = []

    def ask(self, target: str, model: str) -> None:
        """A good client: the same rows again and again."""
        from serving.client import connect
        from serving.target import Target

        client = connect(Target(target, model, retries=0))
        (call,) = self.calls[model]
        signature = client.signatures()[call.signature]
        random_ = random.Random(f"{target} {model}")
        while not self.stop.is_set():
            count = random_.randint(1, ROWS)
            inputs = {name: v[:count] for name, v in call.inputs.items()}
            before = time.monotonic()
            try:
                outputs = client.predict(signature, inputs)
                if any(len(value) != count for value in outputs.values()):
                    raise ValueError("another number of rows")
            except Exception as error:  # whatever it is, it is counted
                self.counts["failed"] += 1
                self.failures.append(f"{model}: {error!r:.200}")
                self.stop.wait(1)
            self.counts["requests"] += 1
            self.slowest = max(self.slowest, time.monotonic() - before)

    def annoy(self) -> None:
        """Slow and broken clients, a few a second."""
        url = urllib.parse.urlsplit(self.rest)
        ends = (
            (_HEAD + b"Content-Length: 99\r\n\r\n{", "slow"),
            (_HEAD + b'Content-Length: 9\r\n\r\n{"in": }\n', "no JSON"),
            (b"\x16\x03\x01 no request\r\n\r\n", "no HTTP"),
            (_HEAD + b"Content-Length: 2000000000\r\n\r\n", "too large"),
            (_HEAD, "hung up"),
        )
        waiting: collections.deque[socket.socket] = collections.deque()
        while not self.stop.wait(0.2):
            content, kind = random.choice(ends)
            with contextlib.suppress(OSError):
                address = url.hostname, url.port
                client = socket.create_connection(address, timeout=10)
                client.sendall(content)
                waiting.append(client)
            self.counts[kind] += 1
            # The last ones stay; the server has to hang up on them.
            while len(waiting) > 20:
                waiting.popleft().close()

    def start(self) -> list[threading.Thread]:
        """Two good clients of each model, and one that is not."""
        jobs = [
            threading.Thread(target=self.ask, args=(target, model))
            for target in (self.rest, self.grpc)
            for model in self.calls
        ]
        jobs.append(threading.Thread(target=self.annoy))
        for job in jobs:
            job.start()
        return jobs


def soak(seconds: float, every: float) -> bool:
    """Prints a row for each tenth of the time; returns whether none failed."""
    from serving.folder.publish import publish

    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        made = {model: export(model, root) for model in MODELS}
        for model, (saved_model, calls) in made.items():
            publish(saved_model, root / "serving", model, calls)
        with server(root / "serving") as (pid, rest, grpc):
            calls = {model: calls for model, (_, calls) in made.items()}
            load = Load(rest, grpc, calls)
            jobs = load.start()
            try:
                held = _watch(load, pid, seconds, every, made, root / "serving")
            finally:
                load.stop.set()
                for job in jobs:
                    job.join()
    others = {n: c for n, c in load.counts.items() if n not in _COLUMNS}
    print(f"\nOther clients: {others}")
    print(*load.failures[:5], sep="\n")
    return not load.counts["failed"] and is_flat(held)


_COLUMNS = ("requests", "failed", "versions", "queries")
FLAT = 1.05


def is_flat(held: Sequence[float]) -> bool:
    """Whether memory did not grow after the first three rows; says so."""
    growth = held[-1] / held[2]
    print(f"memory: {growth:.3f} times that after three tenths")
    return growth <= FLAT


def query(rest: str, model: str) -> str:
    """Asks by `apps.query`; what went wrong, or ""."""
    command = ["apps.query", f"--server={rest}", f"--model={model}"]
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    return done.stderr if done.returncode or not done.stdout else ""


def _watch(load, pid, seconds, every, made, folder) -> list[int]:
    """Prints the rows; returns the memory of each."""
    from serving.folder.publish import publish

    print(
        "| seconds | requests | failed | versions | queries | slowest s | MiB |"
    )
    print("|---:|---:|---:|---:|---:|---:|---:|", flush=True)
    held = []
    began = time.monotonic()
    turn, told = 0, 0
    while told < 10:
        time.sleep(0.5)
        passed = time.monotonic() - began
        if passed >= every * (turn + 1):
            model = list(made)[turn % len(made)]
            publish(made[model][0], folder, model, made[model][1])
            load.counts["versions"] += 1
            turn += 1
            if why := query(load.rest, model):
                load.counts["failed"] += 1
                load.failures.append(f"apps.query, {model}: {why:.200}")
            load.counts["queries"] += 1
        if passed >= seconds / 10 * (told + 1):
            told += 1
            cells = [
                f"{passed:.0f}",
                *(f"{load.counts[n]:,}" for n in _COLUMNS),
            ]
            held.append(resident(pid))
            cells += [f"{load.slowest:.2f}", f"{held[-1]:,}"]
            load.slowest = 0.0
            print(f"| {' | '.join(cells)} |", flush=True)
    return held


def train(steps: int) -> bool:
    """Prints each tenth's speed and memory; returns whether both are flat."""
    every = max(20, steps // 10)
    settings = {"log_every": every, "steps": steps, "steps_per_call": 20}
    settings |= dict.fromkeys(("evaluate_every", "checkpoint_every"), steps)
    peaks, run = memory.train(flags.FLAGS.model, **settings)
    text = (run.workdir / "metrics.jsonl").read_text()
    speeds = [
        (row["step"], row["steps_per_second"])
        for row in map(json.loads, text.splitlines())
        if "steps_per_second" in row
    ]
    print("| steps | steps/s | MiB, most |\n|---:|---:|---:|")
    for (step, speed), peak in zip(speeds, peaks):
        print(f"| {step:,} | {speed:,.0f} | {peak:,.0f} |")
    first, last = np.median([s for _, s in speeds[:3]]), speeds[-1][1]
    print(f"\nthe end at {last / first:.2f} of the beginning's speed")
    return is_flat(peaks) and last >= 0.9 * first


def main(argv: Sequence[str]) -> None:
    """Prints a table; ends with 1 if a request failed, or memory grew."""
    del argv
    logging.set_verbosity(logging.WARNING)
    given = flags.FLAGS
    if given.train_steps:
        well = train(given.train_steps)
    else:
        well = soak(60 * given.minutes, given.publish_seconds)
    sys.exit(not well)


if __name__ == "__main__":
    flags.DEFINE_float("minutes", 30, "How long.", 0.1)
    flags.DEFINE_float("publish_seconds", 20, "Between two versions.", 1)
    flags.DEFINE_integer("train_steps", 0, "Of a training; 0 serves.", 0)
    flags.DEFINE_string("model", "gan", "To train.")
    flags.DEFINE_string("preset", "tiny", "Its settings.")
    app.run(main)

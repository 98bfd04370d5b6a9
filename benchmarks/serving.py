"""The development server next to Keras's `predict` behind FastAPI.

Both answer `log_prob` of one digit a request, for clients that ask again as
soon as they have their answer (`load.py`, in a process of its own). Both run
all the time and are asked in turns.

    python -m apps.export --workdir=runs/digits
    python -m benchmarks.serving --workdir=runs/digits
    python -m benchmarks.serving --workdir=runs/digits --soak=60

`--soak` asks our server alone; after a third of the time another version is
published. `--python` says which interpreter has FastAPI and uvicorn.
"""

import argparse
import contextlib
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Iterator

import numpy as np

ROOT = pathlib.Path(__file__).parents[1]
MODEL = "real_nvp"


@contextlib.contextmanager
def process(*command: str) -> Iterator[str]:
    """Runs a server, and gives the URL that it prints when it answers."""
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as running:
        try:
            for line in running.stdout:
                if found := re.search(r"http://[\w.]+:[0-9]+", line):
                    break
            else:
                raise SystemExit(f"{' '.join(command)}: did not start")
            # What else it prints must not fill the pipe.
            threading.Thread(target=running.stdout.read, daemon=True).start()
            yield found[0]
        finally:
            running.terminate()


def ask(url: str, seconds: float, clients: int, rows: np.ndarray) -> dict:
    """Returns what `load.py` found out."""
    command = [sys.executable, "-m", "benchmarks.load", url]
    command += [str(seconds), str(clients)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        input=json.dumps(rows.tolist()),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def publish(workdir: pathlib.Path, folder: pathlib.Path) -> int:
    from export.versions import newest_export
    from serving.folder import publish

    saved_model, calls = newest_export(workdir / "export", MODEL)
    return publish.publish(saved_model, folder, MODEL, calls)


def examples(workdir: pathlib.Path) -> np.ndarray:
    from export.calls import read

    (path, *_) = (workdir / "export/checks" / MODEL).glob("*/examples.npz")
    return next(
        e.inputs["x"]
        for e in read(path)
        if e.signature == "log_prob" and len(e.inputs["x"]) > 1
    )


@contextlib.contextmanager
def our_server(arguments, folder: pathlib.Path) -> Iterator[str]:
    with process(
        sys.executable,
        "-m",
        "apps.serve",
        f"--folder={folder}",
        "--rest_api_port=0",
        "--port=0",
        *arguments.server_flag,
    ) as url:
        yield f"{url}/v1/models/{MODEL}:predict"


def compare(arguments, folder: pathlib.Path, rows: np.ndarray) -> None:
    """Prints requests a second of both, and how many times ours is."""
    peer = (
        arguments.python,
        "-m",
        "benchmarks.peers.fastapi_keras",
        str(arguments.workdir),
    )
    with our_server(arguments, folder) as ours, process(*peer) as theirs:
        urls = {
            "tfgen": ours,
            "FastAPI, threads": f"{theirs}/threads",
            "FastAPI, one after the other": f"{theirs}/loop",
        }
        for url in urls.values():  # warm up
            ask(url, arguments.seconds, arguments.clients, rows)
        found = {name: [] for name in urls}
        for _ in range(arguments.repeats):
            for name, url in urls.items():
                found[name].append(
                    ask(url, arguments.seconds, arguments.clients, rows)
                )
    expected, *others = (runs[0]["answers"] for runs in found.values())
    for other in others:
        np.testing.assert_allclose(other, expected, rtol=1e-4)
    print("| | requests/s | median ms | 99th percentile ms | failed |")
    print("|---|---:|---:|---:|---:|")
    rates = []
    for name, runs in found.items():
        rate, median, slow = (
            statistics.median(run[key] for run in runs)
            for key in ("rate", "median_ms", "p99_ms")
        )
        failed = sum(run["failed"] for run in runs)
        print(f"| {name} | {rate:.0f} | {median:.1f} | {slow:.1f} | {failed} |")
        rates.append(rate)
    print(f"\n{rates[0] / max(rates[1:]):.1f} times the better of the others")


def soak(arguments, folder: pathlib.Path, rows: np.ndarray) -> None:
    """Prints what became of all requests, with a new version halfway."""
    with our_server(arguments, folder) as url:
        half = threading.Timer(
            arguments.soak / 3, publish, [arguments.workdir, folder]
        )
        half.start()
        found = ask(url, arguments.soak, arguments.clients, rows)
        half.join()
        with urllib.request.urlopen(url.removesuffix(":predict")) as answer:
            status = json.load(answer)["model_version_status"]
    del found["answers"]
    print(json.dumps(found))
    print("versions:", *(f"{s['version']} {s['state']}" for s in status))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workdir", type=pathlib.Path, required=True)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--soak", type=float, default=0, help="seconds")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--server_flag", action="append", default=[])
    arguments = parser.parse_args()
    rows = examples(arguments.workdir)
    with tempfile.TemporaryDirectory() as folder:
        publish(arguments.workdir, pathlib.Path(folder))
        task = soak if arguments.soak else compare
        task(arguments, pathlib.Path(folder), rows)


if __name__ == "__main__":
    main()

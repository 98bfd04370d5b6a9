"""Times Real NVP on two moons in several libraries, side by side.

The task is in `bench.py`, each library's answer in `peers/`. Every library runs
in a process of its own, with its own interpreter if `--python` names one. All
processes stay alive and only one works at a time; the repeats take turns
(A B C A B C ...), so that a machine that slows down slows all of them.

    python -m benchmarks.two_moons --python=distrax=/path/to/python
"""

import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

from absl import app, flags

from benchmarks import bench

OURS = "tfgen"
LIBRARIES = (OURS, "distrax", "flowjax", "nflows", "normflows", "zuko")
FIGURES = {
    "train": ("Training", "steps/s"),
    "sample": ("`sample`", "points/s"),
    "log_prob": ("`log_prob`", "points/s"),
}
CONTENDER = 0.7  # slower variants than this part of the best are not repeated

_ONLY = flags.DEFINE_list(
    "only", list(LIBRARIES), "Libraries to run, separated by commas."
)
_REPEATS = flags.DEFINE_integer(
    "repeats", 5, "Measurements of each figure.", lower_bound=1
)
_SECONDS = flags.DEFINE_float(
    "seconds", 3.0, "Shortest time of one measurement.", lower_bound=0.0
)
_POINTS = flags.DEFINE_integer(
    "points", 100_000, "Points per call of sample and log_prob.", lower_bound=1
)
_PYTHON = flags.DEFINE_multi_string(
    "python", [], "LIB=PATH: the interpreter of a library; repeatable."
)
_JSON = flags.DEFINE_string("json", None, "File for the raw numbers.")

flags.register_validator(
    "only",
    lambda names: set(names) <= set(LIBRARIES),
    message=f"the libraries are {', '.join(LIBRARIES)}",
)
flags.register_validator(
    "python",
    lambda pairs: all(p.partition("=")[0] in LIBRARIES for p in pairs),
    message=f"must be LIB=PATH with LIB one of {', '.join(LIBRARIES)}",
)


class Library:
    """The process of one library; see `worker.py`."""

    def __init__(self, name: str, python: str, points: int) -> None:
        """Starts the process and waits until it is warm."""
        self.name = name
        self._errors = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            [python, "-m", "benchmarks.worker", name, str(points)],
            cwd=pathlib.Path(__file__).parents[1],
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        self.about = self._reply()

    def ask(self, **request: Any) -> dict[str, Any]:
        """Sends one request and waits for its answer."""
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return self._reply()

    def _reply(self) -> dict[str, Any]:
        line = self._process.stdout.readline()
        if not line:
            self._errors.seek(0)
            last = self._errors.read().strip().splitlines()[-1:]
            raise RuntimeError(
                f"{self.name} stopped: {last[0] if last else 'no reason given'}"
            )
        return json.loads(line)

    def stop(self) -> None:
        """Ends the process, which ends when its standard input does."""
        self._process.stdin.close()
        self._process.wait()


def say(text: str) -> None:
    """Progress, apart from the tables."""
    print(text, file=sys.stderr, flush=True)


def start(
    names: Sequence[str], pythons: Mapping[str, str], points: int
) -> tuple[list[Library], dict[str, str]]:
    """Starts the libraries one after the other.

    Returns:
      Those that run; name -> reason of those that do not.
    """
    running, absent = [], {}
    for name in names:
        say(f"{name}: building and warming up")
        library = Library(name, pythons.get(name, sys.executable), points)
        if "missing" in library.about:
            library.stop()
            absent[name] = f"not installed: {library.about['missing']}"
            say(f"{name}: {absent[name]}")
            continue
        for variant, error in library.about["failed"].items():
            say(f"{name}: {variant} failed: {error}")
        running.append(library)
    return running, absent


def contenders(library: Library, figure: str) -> list[str]:
    """The variants that may turn out best, by their warm-up."""
    rates = library.about["variants"][figure]
    threshold = CONTENDER * max(rates.values(), default=0.0)
    return [variant for variant in rates if rates[variant] >= threshold]


def measure(
    libraries: Sequence[Library], repeats: int, seconds: float
) -> dict[str, dict[str, dict[str, list[float]]]]:
    """Items a second: figure -> library -> variant -> one rate per repeat."""
    rates = {figure: {lib.name: {} for lib in libraries} for figure in FIGURES}
    for figure in FIGURES:
        for repeat in range(repeats):
            say(f"{figure}: repeat {repeat + 1} of {repeats}")
            for library in libraries:
                for variant in contenders(library, figure):
                    answer = library.ask(
                        figure=figure, variant=variant, seconds=seconds
                    )
                    rates[figure][library.name].setdefault(variant, []).append(
                        answer["rate"]
                    )
    return rates


def best(variants: Mapping[str, Sequence[float]]) -> tuple[str, float]:
    """The variant of the highest median, and that median."""
    medians = {v: statistics.median(rates) for v, rates in variants.items()}
    winner = max(medians, key=medians.get)
    return winner, medians[winner]


def table(
    figure: str,
    rates: Mapping[str, Mapping[str, Sequence[float]]],
    absent: Mapping[str, str],
) -> str:
    """A Markdown table of one figure, the fastest first."""
    title, unit = FIGURES[figure]
    winners = {name: best(rates[name]) for name in rates if rates[name]}
    peers = [median for name, (_, median) in winners.items() if name != OURS]
    fastest_peer = max(peers, default=float("nan"))
    lines = [
        f"| {title} | median {unit} | min-max | to fastest peer | variant |",
        "|---|---:|---:|---:|---|",
    ]
    for name in sorted(winners, key=lambda name: -winners[name][1]):
        variant, median = winners[name]
        low, high = min(rates[name][variant]), max(rates[name][variant])
        lines.append(
            f"| {name} | {median:,.0f} | {low:,.0f}-{high:,.0f} "
            f"| {median / fastest_peer:.2f} | {variant} |"
        )
    lines += [f"| {name} | {why} | | | |" for name, why in absent.items()]
    return "\n".join(lines)


def main(argv: Sequence[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"unexpected argument {argv[1]!r}")
    try:
        bench.chunks(_POINTS.value)
    except ValueError as error:
        raise app.UsageError(f"--points: {error}") from error
    pythons = dict(pair.split("=", 1) for pair in _PYTHON.value)
    libraries, absent = start(_ONLY.value, pythons, _POINTS.value)
    rates = measure(libraries, _REPEATS.value, _SECONDS.value)
    nats = {}
    for library in libraries:
        for variant in contenders(library, "log_prob")[:1]:
            nats[library.name] = library.ask(
                figure="log_prob", variant=variant, nats=True
            )["nats"]
        library.stop()

    for figure in FIGURES:
        print(table(figure, rates[figure], absent) + "\n")
    for library in libraries:
        versions = library.about["versions"].items()
        print(
            f"- {', '.join(' '.join(version) for version in versions)}; mean "
            f"log_prob at the end {nats.get(library.name, float('nan')):.2f}"
        )
    if _JSON.value:
        raw = {
            "cores": os.cpu_count(),
            "machine": platform.machine(),
            "repeats": _REPEATS.value,
            "seconds": _SECONDS.value,
            "points": _POINTS.value,
            "rates": rates,
            "nats": nats,
            "libraries": {lib.name: lib.about for lib in libraries},
            "absent": absent,
        }
        pathlib.Path(_JSON.value).write_text(json.dumps(raw, indent=2) + "\n")


if __name__ == "__main__":
    app.run(main)

"""Times a task in several libraries, side by side.

Every library runs in a process of its own, with its own interpreter if
`--python` names one. All processes stay alive and only one works at a time; the
repeats take turns (A B C A B C ...), so that a machine that slows down slows
all of them.
"""

import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any

from absl import flags

from benchmarks import adversaries

OURS = "tfgen"
CONTENDER = 0.7  # slower variants than this part of the best are not repeated

FLAGS = flags.FLAGS


def define_flags(libraries: Iterable[str]) -> None:
    """Defines the flags that all tasks have."""
    known = list(libraries)
    flags.DEFINE_list("only", known, "Libraries to run, separated by commas.")
    flags.DEFINE_integer(
        "repeats", 5, "Measurements of each figure.", lower_bound=1
    )
    flags.DEFINE_float(
        "seconds", 3.0, "Shortest time of one measurement.", lower_bound=0.0
    )
    flags.DEFINE_multi_string(
        "python", [], "LIB=PATH: the interpreter of a library; repeatable."
    )
    flags.DEFINE_list("figures", [], "Only these of the task.")
    flags.DEFINE_string("json", None, "File for the raw numbers.")
    flags.register_validator(
        "only",
        lambda names: set(names) <= set(known),
        message=f"the libraries are {', '.join(known)}",
    )
    flags.register_validator(
        "python",
        lambda pairs: all(p.partition("=")[0] in known for p in pairs),
        message=f"must be LIB=PATH with LIB one of {', '.join(known)}",
    )


class Library:
    """The process of one library; see `worker.py`."""

    def __init__(
        self,
        task: str,
        name: str,
        python: str,
        size: int,
        figures: Iterable[str],
    ) -> None:
        """Starts the process and waits until it is warm."""
        self.name = name
        self._errors = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            [
                python,
                *("-m", "benchmarks.worker", task, name, str(size)),
                *figures,
            ],
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


def processor() -> str:
    """Its name, family and model, or of what kind it is."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().split("\n\n")[0]
    except OSError:
        return platform.processor() or platform.machine()
    said = dict(re.findall(r"^(.*?)\s*: (.+)$", lines, re.MULTILINE))
    name = said.get("model name", platform.machine())
    if "cpu family" in said:
        name += f", family {said['cpu family']} model {said['model']}"
    return name


def say(text: str) -> None:
    """Progress, apart from the tables."""
    print(text, file=sys.stderr, flush=True)


def start(
    task: str,
    names: Sequence[str],
    pythons: Mapping[str, str],
    size: int,
    figures: Sequence[str],
) -> tuple[list[Library], dict[str, str]]:
    """Starts the libraries one after the other.

    Returns:
      Those that run; name -> reason of those that do not.
    """
    running, absent = [], {}
    for name in names:
        say(f"{name}: building and warming up")
        python = pythons.get(name, sys.executable)
        library = Library(task, name, python, size, figures)
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
    libraries: Sequence[Library],
    figures: Iterable[str],
    repeats: int,
    seconds: float,
) -> dict[str, dict[str, dict[str, list[float]]]]:
    """Items a second: figure -> library -> variant -> one rate per repeat."""
    rates = {figure: {lib.name: {} for lib in libraries} for figure in figures}
    for figure in rates:
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
    title: str,
    unit: str,
    rates: Mapping[str, Mapping[str, Sequence[float]]],
    absent: Mapping[str, str],
) -> str:
    """A Markdown table of one figure, the fastest first."""
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


def limits(
    medians: Mapping[str, Mapping[str, float]], gflop: Mapping[str, float]
) -> str:
    """A Markdown table: steps beside what the products of matrices allow.

    Those of the library's own process, and plain TensorFlow's in a process of
    their own.

    Args:
      medians: figure -> library -> median rate of its best variant.
      gflop: figure -> what a step of it needs.
    """
    matrix = medians.get("matrix", {})
    lines = [
        "| model | library | GFLOP a step | steps/s | GFLOP/s | of its products"
        " | of plain ones |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for model, needed in gflop.items():
        for library, steps in medians.get(model, {}).items():
            rate = needed * steps
            shares = (
                f"{rate / matrix[name]:.0%}" if name in matrix else "not run"
                for name in (library, adversaries.PRODUCTS)
            )
            lines.append(
                f"| {model} | {library} | {needed:.2f} | {steps:.1f}"
                f" | {rate:.0f} | {' | '.join(shares)} |"
            )
    return "\n".join(lines)


def run(task: ModuleType, size: int, check: str) -> dict[str, dict[str, float]]:
    """Measures all figures of a task and prints a table of each.

    Args:
      task: `bench`, `adversaries` or another of their kind.
      size: of its queries, or its data.
      check: the figure whose result, averaged, shows that training works.

    Returns:
      Figure -> library -> median rate of its best variant.
    """
    task_name = task.__name__.rpartition(".")[2]
    pythons = dict(pair.split("=", 1) for pair in FLAGS.python)
    figures = FLAGS.figures or [*task.FIGURES]
    if unknown := {*figures} - {*task.FIGURES}:
        raise ValueError(f"--figures: {unknown}, not of {[*task.FIGURES]}.")
    libraries, absent = start(task_name, FLAGS.only, pythons, size, figures)
    rates = measure(libraries, figures, FLAGS.repeats, FLAGS.seconds)
    checks, check = {}, check if check in figures else figures[0]
    for library in libraries:
        for variant in contenders(library, check)[:1]:
            checks[library.name] = library.ask(
                figure=check, variant=variant, mean=True
            )["mean"]
        library.stop()

    print(f"{os.cpu_count()} cores: {processor()}\n")
    for figure in figures:
        text = table(*task.FIGURES[figure], rates[figure], absent)
        print(text + "\n")
    for library in libraries:
        versions = library.about["versions"].items()
        count = library.about["parameters"]
        mean = checks.get(library.name, float("nan"))
        print(
            f"- {', '.join(' '.join(version) for version in versions)}; "
            + (f"{count:,} parameters; " if count else "")
            + f"mean {check} at the end {mean:.2f}"
        )
    if FLAGS.json:
        raw = {
            "cores": os.cpu_count(),
            "machine": platform.machine(),
            "processor": processor(),
            "repeats": FLAGS.repeats,
            "seconds": FLAGS.seconds,
            "size": size,
            "rates": rates,
            "checks": checks,
            "libraries": {lib.name: lib.about for lib in libraries},
            "absent": absent,
        }
        pathlib.Path(FLAGS.json).write_text(json.dumps(raw, indent=2) + "\n")
    return {
        figure: {name: best(found)[1] for name, found in of.items() if found}
        for figure, of in rates.items()
    }

"""Trains each model again and again, and counts the weights that come out.

    python -m benchmarks.reproducible --runs=10 --processes=3

Each run is a fresh model, compiled anew, of the first preset's size, without
XLA, which is reproducible anyhow. Prints a Markdown table; exit code 1 if a
model has come out in two ways.
"""

import collections
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Sequence

from absl import app, flags

from tfgen import registry

_MODEL = flags.DEFINE_multi_enum(
    "model", list(registry.MODELS), list(registry.MODELS), "Repeat for more."
)
_RUNS = flags.DEFINE_integer("runs", 10, "Of each model.", lower_bound=1)
_PROCESSES = flags.DEFINE_integer(
    "processes", 3, "That share a model's runs.", lower_bound=1
)
_STEPS = flags.DEFINE_integer("steps", 30, "Of a run.", lower_bound=1)
_WORKER = flags.DEFINE_bool("worker", False, "Train one model and print.")


def train(name: str, runs: int, steps: int) -> None:
    """Prints a checksum of the weights of each run."""
    from tfgen.run import Run
    from tfgen.train.loop import train_briefly
    from tfgen.train.strategy import make_strategy

    strategy = make_strategy("cpu")
    settings = [f"train.steps={steps}", "train.steps_per_call=10"]
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            run = Run.start(
                folder,
                name,
                overrides=[*settings, "train.jit_compile=false"],
            )
            model = train_briefly(run, strategy)
        weights = b"".join(v.numpy().tobytes() for v in model.variables)
        print(f"weights {zlib.crc32(weights):08x}", flush=True)


def results(name: str, runs: int, processes: int, steps: int) -> list[str]:
    """Returns the checksums of all runs, made in several processes."""
    command = [sys.executable, "-m", "benchmarks.reproducible", "--worker"]
    found = []
    for i in range(processes):
        share = runs // processes + (i < runs % processes)
        options = [f"--model={name}", f"--runs={share}", f"--steps={steps}"]
        done = subprocess.run(
            [*command, *options], capture_output=True, text=True
        )
        if done.returncode:
            raise SystemExit(f"{name}: {done.stderr[-2000:]}")
        lines = done.stdout.splitlines()
        found += [s for s in lines if s.startswith("weights ")]
    return found


def main(argv: Sequence[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"unexpected argument {argv[1]!r}")
    if _WORKER.value:
        (name,) = _MODEL.value
        train(name, _RUNS.value, _STEPS.value)
        return
    print("| model | runs | processes | different weights |")
    print("|---|---:|---:|---:|")
    worst = 1
    for name in _MODEL.value:
        found = results(name, _RUNS.value, _PROCESSES.value, _STEPS.value)
        different = len(collections.Counter(found))
        worst = max(worst, different)
        print(
            f"| {name} | {len(found)} | {_PROCESSES.value} | {different} |",
            flush=True,
        )
    sys.exit(worst > 1)


if __name__ == "__main__":
    app.run(main)

"""Trains each model again and again, compiled anew each time.

    python -m benchmarks.reproducible --runs=10 --processes=3
    python -m benchmarks.reproducible --runs=20 --preset=tiny --seeds

With one seed all runs should end in the same weights; without XLA, which is
reproducible anyhow. With `--seeds` each has a seed of its own, and no loss or
weight may be infinite or not a number. Prints a Markdown table; the exit code
is 1 if a model has come out in two ways, or not finite.
"""

import itertools
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Sequence

from absl import app, flags

from tfgen import registry
from tfgen.errors import UserError

_MODEL = flags.DEFINE_multi_enum(
    "model", list(registry.MODELS), list(registry.MODELS), "Repeat for more."
)
_RUNS = flags.DEFINE_integer("runs", 10, "Of each model.", lower_bound=1)
_PROCESSES = flags.DEFINE_integer(
    "processes", 3, "That share a model's runs.", lower_bound=1
)
_STEPS = flags.DEFINE_integer("steps", 30, "Of a run.", lower_bound=1)
_PRESET = flags.DEFINE_string("preset", None, "Default: each model's first.")
_SEEDS = flags.DEFINE_bool("seeds", False, "A seed of its own for each run.")
_WORKER = flags.DEFINE_integer("worker", None, "Train the runs from this on.")


def train(name: str, first: int, runs: int) -> None:
    """Prints a checksum of the weights of each run, or why there are none."""
    import logging

    from tfgen.run import Run
    from tfgen.train.strategy import make_strategy

    logging.disable()
    strategy = make_strategy("cpu")
    settings = [f"train.steps={_STEPS.value}", "train.steps_per_call=10"]
    for i in range(first, first + runs):
        own = (
            [f"train.seed={i}"] if _SEEDS.value else ["train.jit_compile=false"]
        )
        with tempfile.TemporaryDirectory() as folder:
            run = Run.start(
                folder, name, _PRESET.value, overrides=[*settings, *own]
            )
            try:
                run.train(strategy)
            except UserError as error:
                print(f"weights - {error}", flush=True)
                continue
            model = run.restore("last")
        weights = b"".join(v.numpy().tobytes() for v in model.variables)
        print(f"weights {zlib.crc32(weights):08x}", flush=True)


def results(name: str) -> list[str]:
    """Returns the checksums of all runs, made in several processes."""
    processes, runs = _PROCESSES.value, _RUNS.value
    ends = [i * runs // processes for i in range(processes + 1)]
    found = []
    for first, end in itertools.pairwise(ends):
        command = [
            *(sys.executable, "-m", "benchmarks.reproducible"),
            f"--worker={first}",
            f"--runs={end - first}",
            f"--model={name}",
            f"--steps={_STEPS.value}",
            f"--seeds={_SEEDS.value}",
            *([f"--preset={_PRESET.value}"] if _PRESET.value else []),
        ]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{name}: {done.stderr[-2000:]}")
        lines = done.stdout.splitlines()
        found += [s for s in lines if s.startswith("weights ")]
    return found


def main(argv: Sequence[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"unexpected argument {argv[1]!r}")
    if _WORKER.value is not None:
        (name,) = _MODEL.value
        train(name, _WORKER.value, _RUNS.value)
        return
    print("| model | runs | processes | different weights | not finite |")
    print("|---|---:|---:|---:|---:|")
    failed = False
    for name in _MODEL.value:
        found = results(name)
        bad = [line for line in found if line.startswith("weights - ")]
        different = len({*found} - {*bad})
        failed |= bool(bad) or (different > 1 and not _SEEDS.value)
        print(
            f"| {name} | {len(found)} | {_PROCESSES.value} | {different}"
            f" | {len(bad)} |",
            flush=True,
        )
        for line in bad:
            print(line, file=sys.stderr)
    sys.exit(failed)


if __name__ == "__main__":
    app.run(main)

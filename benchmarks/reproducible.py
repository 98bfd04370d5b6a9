"""Trains each model again and again, compiled anew each time.

    python -m benchmarks.reproducible --runs=10 --processes=3
    python -m benchmarks.reproducible --runs=20 --preset=tiny --seeds

With one seed all runs should end in the same weights; without XLA, which is
reproducible anyhow. With `--seeds` each has a seed of its own. No loss of any
step, weight at the end or number of 16 samples may be infinite or not a number.
Prints a Markdown table; the exit code is 1 if a model has come out in two ways,
or not finite.
"""

import itertools
import logging
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Sequence

import numpy as np
from absl import app, flags

from tfgen import registry
from tfgen.errors import UserError
from tfgen.example_inputs import example_inputs
from tfgen.run import Run
from tfgen.train.strategy import make_strategy


def train(name: str, first: int, runs: int, settings: Sequence[str]) -> None:
    """Prints a checksum of the weights of each run, or why there are none.

    Args:
      name: of the model.
      first: number of the first run.
      runs: how many.
      settings: preset, steps, and whether each run has a seed of its own; see
        the flags.
    """
    preset, steps, seeds = settings
    strategy = make_strategy("cpu")
    overrides = [f"train.steps={steps}", "train.steps_per_call=10"]
    for i in range(first, first + runs):
        own = f"train.seed={i}" if seeds else "train.jit_compile=false"
        with tempfile.TemporaryDirectory() as folder:
            run = Run.start(folder, name, preset, overrides=[*overrides, own])
            try:
                run.train(strategy)
            except UserError as error:
                print(f"weights - {error}", flush=True)
                continue
            model = run.restore("last")
        if model.can("sample"):
            if not np.isfinite(example_inputs(model, 16, seed=i)["x"]).all():
                print("weights - samples: not finite", flush=True)
                continue
        weights = b"".join(v.numpy().tobytes() for v in model.variables)
        print(f"weights {zlib.crc32(weights):08x}", flush=True)


def results(
    name: str, runs: int, processes: int, options: Sequence[str]
) -> list[str]:
    """Returns the checksums of all runs.

    Args:
      name: of the model.
      runs: how many.
      processes: that make them.
      options: the other flags.
    """
    ends = [i * runs // processes for i in range(processes + 1)]
    found = []
    for first, end in itertools.pairwise(ends):
        command = [
            *(sys.executable, "-m", "benchmarks.reproducible"),
            *(f"--worker={first}", f"--runs={end - first}", f"--model={name}"),
            *options,
        ]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{name}: {done.stderr[-2000:]}")
        lines = done.stdout.splitlines()
        found += [s for s in lines if s.startswith("weights ")]
    return found


def define_flags() -> None:
    """Defines the flags of the command line."""
    models = list(registry.MODELS)
    flags.DEFINE_multi_enum("model", models, models, "Repeat for more.")
    flags.DEFINE_integer("runs", 10, "Of each model.", lower_bound=1)
    flags.DEFINE_integer(
        "processes", 3, "That share a model's runs.", lower_bound=1
    )
    flags.DEFINE_integer("steps", 30, "Of a run.", lower_bound=1)
    flags.DEFINE_string("preset", None, "Default: each model's first.")
    flags.DEFINE_bool("seeds", False, "A seed of its own for each run.")
    flags.DEFINE_integer("worker", None, "Train the runs from this on.")


def main(argv: Sequence[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"unexpected argument {argv[1]!r}")
    f = flags.FLAGS
    if f.worker is not None:
        logging.disable()
        (name,) = f.model
        train(name, f.worker, f.runs, (f.preset, f.steps, f.seeds))
        return
    print("| model | runs | processes | different weights | not finite |")
    print("|---|---:|---:|---:|---:|")
    failed = False
    options = [
        f[n].serialize() for n in ("preset", "steps", "seeds") if f[n].value
    ]
    for name in f.model:
        found = results(name, f.runs, f.processes, options)
        bad = [line for line in found if line.startswith("weights - ")]
        different = len({*found} - {*bad})
        failed |= bool(bad) or (different > 1 and not f.seeds)
        print(
            f"| {name} | {len(found)} | {f.processes} | {different}"
            f" | {len(bad)} |",
            flush=True,
        )
        for line in bad:
            print(line, file=sys.stderr)
    sys.exit(failed)


if __name__ == "__main__":
    define_flags()
    app.run(main)

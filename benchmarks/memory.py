"""How much memory a process gains while it trains, validates and evaluates.

Each model runs in a process of its own, with its smallest preset by default:
steps alone, then a training that validates (and saves, and draws) all the time,
then the same evaluation again and again.

    python -m benchmarks.memory
    python -m benchmarks.memory --model=gan --preset=digits --evaluations=20

What is compared are peaks of the resident memory (`VmHWM`, Linux): of the first
hundred steps after a warm-up with that of the last hundred, and of the third
validation or evaluation with that of the last. Half of a leak is garbage that
Python has not collected yet, so nothing is collected by hand.
"""

import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from unittest import mock

from absl import app, flags

FLAGS = flags.FLAGS
_WARM_UP, _EVERY = 200, 100  # steps


def peak() -> float:
    """Returns the most MiB since the last call."""
    status = pathlib.Path("/proc/self/status").read_text()
    (line,) = (s for s in status.splitlines() if s.startswith("VmHWM"))
    pathlib.Path("/proc/self/clear_refs").write_text("5")
    return int(line.split()[1]) / 1024


def train(model: str, **settings: int) -> tuple[list[float], object]:
    """Trains in a new folder; returns a peak for each record, and the run."""
    from tfgen.run import Run
    from tfgen.train.strategy import make_strategy
    from tfgen.train.writers import MetricsFile

    overrides = [f"train.{name}={value}" for name, value in settings.items()]
    folder = tempfile.mkdtemp(prefix="memory-")
    run = Run.start(folder, model, FLAGS.preset, None, overrides)
    peaks, write = [], MetricsFile.write

    def record(*arguments):
        peaks.append(peak())
        write(*arguments)

    with mock.patch.object(MetricsFile, "write", record):
        run.train(make_strategy("cpu"))
    return peaks, run


def measure(model: str) -> str:
    """Returns a model's row of the table."""
    steps = _WARM_UP + FLAGS.steps
    every = dict.fromkeys(("evaluate_every", "checkpoint_every"), steps)
    peaks, _ = train(model, steps=steps, log_every=_EVERY, **every)
    first = _WARM_UP // _EVERY
    # The last record is of the evaluation at the end.
    stepping = peaks[first:-1]

    count = FLAGS.evaluations
    every = dict.fromkeys(("evaluate_every", "checkpoint_every"), 2)
    validating, run = train(
        model, steps=2 * count, log_every=4 * count, **every
    )
    validating = validating[:count]

    evaluating = []
    peak()
    for _ in range(count):
        run.evaluate(draws=2)
        evaluating.append(peak())
    cells = (
        f"{stepping[0]:,.0f}",
        f"{stepping[-1] - stepping[0]:+.1f}",
        *(
            f"{(p[-1] - p[2]) / (count - 3):+.2f}"
            for p in (validating, evaluating)
        ),
    )
    return f"| {model} | {' | '.join(cells)} |"


def main(argv: Sequence[str]) -> None:
    """Prints a table in MiB, or one row of it."""
    models = FLAGS.model
    if len(models) == 1:
        print(measure(models[0]), flush=True)
        return
    print(
        f"| MiB, preset `{FLAGS.preset}` | after {_WARM_UP} steps |"
        f" {FLAGS.steps:,} steps more | a validation after the third |"
        " an evaluation after the third |\n|---|---:|---:|---:|---:|",
        flush=True,
    )
    given = ("preset", "steps", "evaluations")
    for model in models:
        settings = [f"--{name}={FLAGS[name].value}" for name in given]
        command = [sys.executable, "-m", "benchmarks.memory", *settings]
        subprocess.run([*command, f"--model={model}"], check=True)


if __name__ == "__main__":
    models = ["gan", "real_nvp", "bigan", "inner_attention"]
    flags.DEFINE_multi_string("model", models, "Repeat it for more.")
    flags.DEFINE_string("preset", "tiny", "Settings of the models.")
    flags.DEFINE_integer("steps", 2000, "After the warm-up.", 200)
    flags.DEFINE_integer("evaluations", 10, "Of each kind.", 4)
    app.run(main)

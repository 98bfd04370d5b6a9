"""What a checkpoint costs a training, and what another thread could take over.

A thread could write; the copy of all variables into memory would stay, since
the next step changes them. Prints medians: of a step, of a whole checkpoint
(written, flushed to the disk, renamed), and of the copy alone; and which share
of the time of steps and checkpoints the latter are, as often as the settings
say. Validation comes on top, as often and longer.

Example:
  python -m benchmarks.checkpoints
  python -m benchmarks.checkpoints --folder=/mnt/nfs --repeats=20
"""

import pathlib
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf
from absl import app, flags, logging

from tfgen.run import Run
from tfgen.train.brief import first_steps
from tfgen.train.checkpoint import Checkpoints


def _noise(side: int) -> np.ndarray:
    """Pictures that take as long as any others."""
    random = np.random.default_rng(0)
    return random.integers(0, 256, (60_000, side, side, 1), np.uint8)


# Name -> arguments of `Run.start`, after the folder.
RUNS = {
    "gan, digits": ("gan", "digits"),
    "dcgan, digits": ("dcgan", "digits"),
    "dcgan, 60,000 of 28x28": ("dcgan", "auto", lambda: _noise(28)),
}


def median(action: Callable[[], object], repeats: int) -> float:
    """Milliseconds; the first call is a warm-up."""
    action()
    seconds = []
    for _ in range(repeats):
        before = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - before)
    return 1000 * statistics.median(seconds)


def row(name: str, folder: pathlib.Path, repeats: int) -> str:
    """Measures one run."""
    model_name, preset, *data = RUNS[name]
    run = Run.start(folder, model_name, preset, *(make() for make in data))
    config, strategy = run.config.train, tf.distribute.get_strategy()
    model = run.build_model()
    batches = run.data.train_batches(config, model.noise)
    steps, optimizers = first_steps(model, config, batches, strategy)
    batch = next(iter(batches))
    call = median(lambda: [v.numpy() for v in steps(batch).values()], repeats)
    step = call / config.steps_per_call
    of_optimizers = {n: o.variables for n, o in optimizers.items()}
    checkpoints = Checkpoints(
        folder / "checkpoints",
        "last",
        3,
        model=model.variables,
        **of_optimizers,
    )
    turn = iter(range(1_000_000))
    whole = median(lambda: checkpoints.save(next(turn), {"step": 0}), repeats)
    variables = [model.variables, *of_optimizers.values()]
    copied = median(
        lambda: [v.numpy().copy() for vs in variables for v in vs], repeats
    )
    size = sum(v.numpy().nbytes for vs in variables for v in vs)
    every = config.checkpoint_every
    share = whole / (whole + every * step)
    return (
        f"| {name} | {size / 1e6:.1f} | {step:.2f} | {whole:.0f} |"
        f" {copied:.1f} | {every:,} | {100 * share:.2f} % |"
    )


def main(argv: Sequence[str]) -> None:
    """Prints a table."""
    del argv
    logging.set_verbosity(logging.WARNING)
    print(
        "| model, data | MB | ms a step | ms a checkpoint | ms of the copy |"
        " every | of the time |\n|---|---:|---:|---:|---:|---:|---:|",
        flush=True,
    )
    for name in flags.FLAGS.runs:
        with tempfile.TemporaryDirectory(dir=flags.FLAGS.folder) as folder:
            found = row(name, pathlib.Path(folder), flags.FLAGS.repeats)
        print(found, flush=True)


if __name__ == "__main__":
    flags.DEFINE_multi_enum("runs", list(RUNS), list(RUNS), "Which.")
    flags.DEFINE_string("folder", None, "Where they write. Default: /tmp.")
    flags.DEFINE_integer("repeats", 5, "Of each measurement.", 1)
    app.run(main)

"""Whether XLA and bfloat16 train as float32 does: losses, and what is faster.

Each model trains in each mode and from each seed, in this process, without
validation. A row has a mode's steps a second and its loss over the last tenth
of the steps, mean and standard deviation over the seeds; beside them the
largest distance of the whole curve's tenths from the plain mode's, in standard
deviations of the plain mode's seeds.

Example:
  python -m benchmarks.modes
  python -m benchmarks.modes --models=gan:digits --steps=2000 --seeds=5
"""

import json
import pathlib
import tempfile
from collections.abc import Sequence

import numpy as np
from absl import app, flags, logging

SETTINGS = ("jit_compile", "mixed_precision")
MODES = ("plain", *SETTINGS)
TENTHS = 10


def curve(
    model: str, preset: str, mode: str, seed: int, steps: int
) -> tuple[np.ndarray, float]:
    """Trains; returns the loss of each tenth, and steps a second.

    The loss is the first player's: a plain model has it alone, and of a
    game it is the one that moves first.
    """
    from tfgen.run import Run
    from tfgen.train.strategy import make_strategy

    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "steps": steps,
            "seed": seed,
            "log_every": steps // TENTHS,
            "evaluate_every": steps,
            "checkpoint_every": steps,
            **{name: name == mode for name in SETTINGS},
        }
        overrides = [
            f"train.{name}={value}" for name, value in settings.items()
        ]
        run = Run.start(folder, model, preset, None, overrides)
        run.train(make_strategy("cpu"))
        text = pathlib.Path(folder, "metrics.jsonl").read_text()
    rows = [row for row in map(json.loads, text.splitlines()) if _loss(row)]
    losses = np.array([row[_loss(row)] for row in rows])
    # The first tenth compiles.
    return losses, float(np.median([r["steps_per_second"] for r in rows[1:]]))


def _loss(row: dict) -> str:
    return next((name for name in row if name.startswith("loss_")), "")


def rows(model: str, preset: str, seeds: int, steps: int):
    """Yields a line for each mode."""
    plain = None
    for mode in MODES:
        found = [
            curve(model, preset, mode, seed, steps) for seed in range(seeds)
        ]
        curves = np.stack([losses for losses, _ in found])
        speed = np.median([speed for _, speed in found])
        if plain is None:
            plain = curves
        spread = plain.std(0, ddof=1)
        apart = np.max(np.abs(curves.mean(0) - plain.mean(0)) / spread)
        last = curves[:, -1]
        cells = (
            f"{model}, {preset}",
            mode,
            f"{speed:.1f}",
            f"{last.mean():.4f} ± {last.std(ddof=1):.4f}",
            f"{apart:.2f}",
        )
        yield f"| {' | '.join(cells)} |"


def main(argv: Sequence[str]) -> None:
    """Prints a table."""
    del argv
    logging.set_verbosity(logging.ERROR)
    given = flags.FLAGS
    print("| model | mode | steps/s | loss at the end | curve apart, in sd |")
    print("|---|---|---:|---:|---:|", flush=True)
    for name in given.models:
        model, _, preset = name.partition(":")
        for line in rows(model, preset, given.seeds, given.steps):
            print(line, flush=True)


if __name__ == "__main__":
    flags.DEFINE_list(
        "models",
        "real_nvp:toy,gan:digits,vae:digits,maf:tiny",
        "model:preset, separated by commas.",
    )
    flags.DEFINE_integer("steps", 500, "Of each training.", 100)
    flags.DEFINE_integer("seeds", 3, "Of each mode.", 2)
    app.run(main)

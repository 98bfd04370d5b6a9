"""Holds weights that several workers train against those of one process.

Each model trains 20 steps of its `tiny` preset, by SGD: in one process, by
workers of a cluster on this machine, and by as many replicas in one process.
Batches are the same, so the weights should be; a model with statistics of the
batch or dropout, of which each replica has its own, should have those of as
many replicas in one process. Printed is the largest difference of any weight,
and its share of how far the weights moved.

Example:
  python -m benchmarks.workers
  python -m benchmarks.workers --models=wgan --workers=4
"""

import functools
import pathlib
import tempfile
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from absl import app, flags

from benchmarks.strategies import Strategy, command
from tfgen.config import flatten
from tfgen.registry import MODELS

STEPS = 20


def trained(
    model: str, strategy: Strategy, steps: int = STEPS
) -> dict[str, np.ndarray]:
    """Returns name -> weights.

    Raises:
      RuntimeError: the training failed; its last line.
    """
    names = flatten(MODELS[model].module().PRESETS["tiny"].network)
    names = [name for name in names if name.endswith("optimizer.name")]
    with tempfile.TemporaryDirectory() as workdir:
        arguments = [
            "apps.train",
            f"--model={model}",
            "--preset=tiny",
            f"--workdir={workdir}",
            f"--strategy={strategy.name}",
            f"--steps={steps}",
            *(f"--set=network.{name}=sgd" for name in names),
        ]
        code, line = command(strategy, arguments)
        if code:
            raise RuntimeError(line)
        folder = max(pathlib.Path(workdir, "checkpoints").glob("last-*"))
        reader = tf.train.load_checkpoint(str(folder / "variables"))
        return {
            name: reader.get_tensor(name)
            for name in reader.get_variable_to_shape_map()
            if name.startswith("model/")
        }


def difference(
    got: dict[str, np.ndarray],
    expected: dict[str, np.ndarray],
    first: dict[str, np.ndarray],
) -> str:
    """The largest difference, and its share of the longest way from first."""

    def largest(a, b):
        return max(np.max(np.abs(a[n] - b[n]), initial=0) for n in b)

    apart = largest(got, expected)
    return f"{apart:.1e} ({apart / largest(expected, first):.0e})"


def main(argv: Sequence[str]) -> None:
    """Prints a table, a row for each model and number of workers."""
    del argv
    print("| model | workers | to one process | to as many replicas in one |")
    print("|---|---|---|---|", flush=True)
    for model in flags.FLAGS.models:
        train = functools.partial(trained, model)
        try:
            tiny = MODELS[model].module().PRESETS["tiny"].train
            first, one = (
                train(Strategy("cpu"), steps) for steps in (tiny.steps, STEPS)
            )
            for count in map(int, flags.FLAGS.workers):
                several = train(Strategy("multi_worker", workers=count))
                replicas = train(Strategy("mirrored", devices=count))
                found = [
                    difference(several, other, first)
                    for other in (one, replicas)
                ]
                row = f"| {model} | {count} | {' | '.join(found)} |"
                print(row, flush=True)
        except RuntimeError as error:
            print(f"| {model} | FAILED: {error} | | |", flush=True)


if __name__ == "__main__":
    flags.DEFINE_list("models", list(MODELS), "Of these; an hour for all.")
    flags.DEFINE_list("workers", "2,4", "How many, separated by commas.")
    app.run(main)

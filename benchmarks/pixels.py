"""Times samples of models that draw pixel by pixel, of pictures of three sizes.

    python -m benchmarks.pixels --json=pixels.json

Networks are those of the presets for digits, with new weights, whatever the
side: if what is known of earlier pixels is kept, a pixel costs as much in a
large picture as in a small one. The repeats of all take turns.
"""

import itertools
import json
import pathlib
import platform
import statistics
from collections.abc import Sequence
from typing import Any

import tensorflow as tf
from absl import app, flags

from benchmarks import bench
from benchmarks.worker import rate
from tfgen import registry
from tfgen.config import DataSpec

MODELS = ("pixel_cnn", "gated_pixel_cnn", "pixel_cnn_pp")
LEVELS = 17
FLAGS = flags.FLAGS


def build(name: str, side: int) -> Any:
    """Returns a new model of pictures of a side."""
    entry = registry.get(name)
    network = entry.module().PRESETS["digits"].network
    return entry.build(network, DataSpec((side, side, 1), LEVELS))


def work(model: Any, batch: int) -> bench.Work:
    """Returns calls that make a batch each, compiled."""
    N = model.sample_noise
    free = tf.TensorSpec([None, N])  # as a server has it
    sample = tf.function(model.sample, [free], autograph=False)
    seeds = (tf.constant([0, i]) for i in itertools.count())

    def call():
        seed = next(seeds)
        return sample(tf.random.stateless_normal([batch, N], seed))

    return bench.Work(call, items=batch)


def milliseconds(pictures_a_second: float, side: int) -> float:
    """Returns milliseconds a pixel of a picture."""
    return 1000 / (pictures_a_second * side**2)


def table(found: dict[str, dict[int, list[float]]]) -> str:
    """Returns medians and ranges of ms a pixel, and the largest by the least.

    Args:
      found: model -> side -> ms a pixel, a repeat each.
    """
    sides = list(next(iter(found.values())))
    head = ["ms a pixel", *(f"{s}x{s}" for s in sides), "last by first"]
    lines = [f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}"]
    for name, of_sides in found.items():
        medians = [statistics.median(of_sides[side]) for side in sides]
        cells = [
            f"{median:.4f} ({min(times):.4f}-{max(times):.4f})"
            for median, times in zip(medians, of_sides.values())
        ]
        cells = [name, *cells, f"{medians[-1] / medians[0]:.2f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def measure(
    works: dict[tuple[str, int], bench.Work], seconds: float, repeats: int
) -> dict[str, dict[int, list[float]]]:
    """Returns model -> side -> ms a pixel, after a call that compiles."""
    found: dict[str, dict[int, list[float]]] = {}
    for each in works.values():
        rate(each, 0.1)
    for _ in range(repeats):
        for (name, side), each in works.items():
            times = found.setdefault(name, {}).setdefault(side, [])
            times.append(milliseconds(rate(each, seconds), side))
    return found


def main(argv: Sequence[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"unexpected argument {argv[1]!r}")
    works, parameters = {}, {}
    for name, side in itertools.product(FLAGS.model, FLAGS.side):
        model = build(name, side)
        works[name, side] = work(model, FLAGS.batch)
        count = sum(int(tf.size(w)) for w in model.trainable_variables)
        parameters[f"{name}, {side}"] = count
    found = measure(works, FLAGS.seconds, FLAGS.repeats)
    print(table(found))
    for name, count in parameters.items():
        print(f"- {name}: {count:,} parameters")
    print(f"- tensorflow {tf.__version__}, {FLAGS.batch} pictures a call")
    if FLAGS.json:
        raw = {
            "machine": platform.machine(),
            "batch": FLAGS.batch,
            "seconds": FLAGS.seconds,
            "milliseconds_a_pixel": found,
            "parameters": parameters,
        }
        pathlib.Path(FLAGS.json).write_text(json.dumps(raw, indent=2) + "\n")


if __name__ == "__main__":
    flags.DEFINE_multi_enum("model", MODELS, MODELS, "Repeatable.")
    flags.DEFINE_multi_integer("side", [8, 16, 28], "In pixels.", 2)
    flags.DEFINE_integer("batch", 16, "Pictures a call.", 1)
    flags.DEFINE_integer("repeats", 5, "Of each.", 1)
    flags.DEFINE_float("seconds", 3.0, "Shortest time of one.", 0.0)
    flags.DEFINE_string("json", None, "File for the raw numbers.")
    app.run(main)

"""What more workers gain: two of this machine measured, others on paper.

A step of N workers sends each player's gradients around once. A ring sends each
worker 2 (N - 1) / N times their bytes, in 2 (N - 1) messages for each player:

    T(N) = T(1) + players * 2 (N - 1) * latency
                + 2 (N - 1) / N * bytes / bandwidth

T(1) is the time of a worker's own part of the batch. Nothing is hidden behind
the computation, so that this is the slower end of what to expect. Where the
norm of the gradients is clipped, they are summed twice: to know it, and to
move. Means of losses (4 bytes each) are left out.

Measured are trainings of one and of two workers, each held to one core:
*weak*, a batch of --examples each, and *strong*, that batch divided. Their
latency and bandwidth are this machine's loopback: small and large sums of two
workers measure them first.

Example:
  python -m benchmarks.scaling
  python -m benchmarks.scaling --train_steps=2000 --models=bigan \
      --bandwidth=300 --latency=5
"""

import functools
import json
import os
import pathlib
import re
import statistics
import sys
import tempfile
from collections.abc import Sequence
from typing import NamedTuple

from absl import app, flags

from benchmarks import sums
from benchmarks.strategies import FORK, Strategy, command

# Name -> flags of apps.train.
MODELS = {
    "bigan": ("--model=bigan", "--preset=digits"),
    "real_nvp": ("--model=real_nvp", "--preset=digits"),
    "inner_attention": ("--model=inner_attention", "--preset=grammar"),
}


class Gradients(NamedTuple):
    """What a step sends.

    Attributes:
      bytes: of all players, each as often as it moves and is summed.
      sums: of players that move, a step.
    """

    bytes: float
    sums: float


def gradients(model: str) -> Gradients:
    """Counts them; nothing is trained."""
    from tfgen.run import Run

    name, preset = (flag.partition("=")[2] for flag in MODELS[model])
    with tempfile.TemporaryDirectory() as folder:
        players = Run.start(folder, name, preset).build_model().players()
    sizes = {
        name: sum(4 * v.shape.num_elements() for v in _values(player))
        for name, player in players.items()
    }
    times = {
        name: (2 if player.optimizer.clip_norm else 1) / player.every
        for name, player in players.items()
    }
    return Gradients(
        sum(sizes[n] * times[n] for n in players), sum(times.values())
    )


def _values(player):
    return [variable.value for variable in player.variables]


def ring(
    gradients: Gradients, workers: int, latency: float, bandwidth: float
) -> float:
    """Seconds of a step's sums.

    Args:
      gradients: what is sent.
      workers: N.
      latency: seconds of a message.
      bandwidth: bytes a second of a worker, each way.
    """
    messages = gradients.sums * 2 * (workers - 1)
    sent = 2 * (workers - 1) / workers * gradients.bytes
    return messages * latency + sent / bandwidth


def seconds_a_step(model: str, workers: int, batch_size: int) -> float:
    """Trains; the batch is that of all workers. Validation does not count.

    Raises:
      RuntimeError: the training failed; its last line.
    """
    steps = flags.FLAGS.train_steps
    with tempfile.TemporaryDirectory() as workdir:
        arguments = [
            "apps.train",
            *MODELS[model],
            f"--workdir={workdir}",
            "--strategy=multi_worker",
            f"--batch_size={batch_size}",
            f"--steps={steps}",
            "--nojit_compile",  # of several replicas nothing is compiled
            f"--set=train.log_every={max(20, steps // 5)}",
            f"--set=train.evaluate_every={steps}",
            f"--set=train.checkpoint_every={steps}",
        ]
        strategy = Strategy("multi_worker", workers=workers, core_each=True)
        code, line = command(strategy, arguments)
        if code:
            raise RuntimeError(line)
        text = pathlib.Path(workdir, "metrics.jsonl").read_text()
    rows = map(json.loads, text.splitlines())
    return 1 / statistics.median(
        row["steps_per_second"] for row in rows if "steps_per_second" in row
    )


def loopback() -> tuple[float, float]:
    """Latency and bandwidth between two workers of this machine."""
    strategy = Strategy("multi_worker", workers=2, core_each=True)
    code, line = command(strategy, ["benchmarks.sums"])
    if code or not (found := re.match("seconds: (.*) (.*)", line)):
        raise RuntimeError(line)
    small, large = map(float, found.groups())
    # N = 2: as many bytes as there are, in two messages.
    return small / 2, 4 * sums.LARGE / (large - small)


def row(model: str, latency: float, bandwidth: float) -> str:
    """Measures a model; two workers beside what the formula says of them."""
    B = flags.FLAGS.examples
    with FORK.Pool(1) as pool:  # this process must not start TensorFlow
        own = pool.apply(gradients, (model,))
    of = functools.partial(seconds_a_step, model)
    whole, half = of(1, B), of(1, B // 2)
    weak, strong = of(2, 2 * B), of(2, B)
    sent = ring(own, 2, latency, bandwidth)
    on_paper = [
        whole / (whole + ring(own, n, given_latency, given_bandwidth))
        for n in (8, 64)
        for given_latency, given_bandwidth in [_given()]
    ]
    cells = [
        f"{own.bytes / 1e6:.2f} MB",
        f"{1 / whole:.1f}",
        f"{1 / weak:.1f} ({1 / (whole + sent):.1f})",
        f"{1 / strong:.1f} ({1 / (half + sent):.1f})",
        *(f"{100 * share:.1f} %" for share in on_paper),
    ]
    return f"| {model} | {' | '.join(cells)} |"


def _given() -> tuple[float, float]:
    return flags.FLAGS.latency * 1e-6, flags.FLAGS.bandwidth * 1e9


def main(argv: Sequence[str]) -> None:
    """Prints a table, and the inputs of the formula."""
    del argv
    import tensorflow  # noqa: F401  Once, for all processes.

    latency, bandwidth = loopback()
    given = flags.FLAGS
    print(
        f"Loopback: {1e6 * latency:.0f} µs a message,"
        f" {bandwidth / 1e9:.2f} GB/s. On paper: {given.latency:g} µs,"
        f" {given.bandwidth:g} GB/s, and a worker as fast as a core here;"
        f" {os.cpu_count()} cores, {given.examples} examples.\n"
    )
    print(
        "| model | gradients a step | 1 worker, steps/s | 2, weak (formula) |"
        " 2, strong (formula) | efficiency of 8 | of 64 |\n"
        "|---|---:|---:|---:|---:|---:|---:|",
        flush=True,
    )
    for model in given.models:
        try:
            print(row(model, latency, bandwidth), flush=True)
        except RuntimeError as error:
            print(f"| {model} | FAILED: {error} |", flush=True)
            sys.exit(1)


if __name__ == "__main__":
    flags.DEFINE_list("models", list(MODELS), "Of these.")
    flags.DEFINE_integer("train_steps", 200, "Of each training.", 100)
    flags.DEFINE_integer("examples", 128, "Of one worker; even.", 2)
    flags.DEFINE_float("bandwidth", 25.0, "GB/s of a worker, on paper.", 0.001)
    flags.DEFINE_float("latency", 10.0, "µs of a message, on paper.", 0)
    app.run(main)

"""Which of XLA and bfloat16 train a model fastest here, by trying.

Each is tried with a model of its own, from its first weights, on the first
batch. Nothing of the run is touched: the training that follows sets its seed
anew, and sees the same batches.
"""

from __future__ import annotations

import dataclasses
import itertools
import time
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from tfgen.config import TrainConfig
from tfgen.errors import UserError
from tfgen.model import Model
from tfgen.train.brief import first_steps

CALLS = 5  # timed, of K steps each; the fastest counts
# What is not plain has to gain so much of the whole time: clocks err.
_GAIN = 0.05


@dataclasses.dataclass(frozen=True)
class Timing:
    """What one choice costs.

    Attributes:
      jit_compile: with XLA.
      mixed_precision: networks in bfloat16.
      first_call_seconds: tracing, compiling, and K steps.
      steps_per_second: afterwards; 0 if it failed.
      problem: why it failed, or was not tried; or "".
    """

    jit_compile: bool
    mixed_precision: bool
    first_call_seconds: float = 0.0
    steps_per_second: float = 0.0
    problem: str = ""

    def seconds(self, steps: int) -> float:
        """Returns what a training takes, but for validation and the like."""
        if self.problem:
            return float("inf")
        return self.first_call_seconds + steps / self.steps_per_second

    def __str__(self):
        names = [
            name
            for name, on in (
                ("jit_compile", self.jit_compile),
                ("mixed_precision", self.mixed_precision),
            )
            if on
        ]
        found = self.problem or f"{self.steps_per_second:,.1f} steps/s"
        return f"{' and '.join(names) or 'neither'} {found}"


def tune(
    build: Callable[[TrainConfig], Model],
    batches: Callable[[TrainConfig, Model], tf.data.Dataset],
    config: TrainConfig,
    strategy: tf.distribute.Strategy,
) -> list[Timing]:
    """Tries all four choices, plain steps first.

    Args:
      build: settings -> a new model.
      batches: settings and the model -> those of the training, from step 0.
      config: of the training.
      strategy: of one replica.

    Raises:
      UserError: several replicas, which XLA does not compile, and which would
        have to choose alike.
    """
    if strategy.num_replicas_in_sync > 1:
        raise UserError(
            "tune: tries one replica; leave it out, or train with"
            " strategy=cpu or strategy=gpu."
        )
    trials = []
    for mixed, jit in itertools.product((False, True), repeat=2):
        changed = dataclasses.replace(
            config, jit_compile=jit, mixed_precision=mixed
        )
        try:
            found = Timing(
                jit, mixed, *_timed(build, batches, changed, strategy)
            )
        except (tf.errors.OpError, ValueError, TypeError) as error:
            line = (str(error).strip().splitlines() or [""])[0]
            found = Timing(jit, mixed, problem=f"failed ({line:.80})")
        trials.append(found)
    return trials


def fastest(trials: Sequence[Timing], steps: int) -> Timing:
    """Returns the choice for a training of so many steps.

    Raises:
      UserError: all failed.
    """
    plain, *others = trials
    best = min(others, key=lambda trial: trial.seconds(steps))
    if best.seconds(steps) >= (1 - _GAIN) * plain.seconds(steps):
        best = plain
    if best.problem:
        raise UserError(f"tune: nothing could be tried: {best.problem}.")
    return best


def _timed(build, batches, config, strategy) -> tuple[float, float]:
    """Seconds of the first call, and steps a second afterwards."""
    model = build(config)
    if config.jit_compile and model.dynamic_shapes:
        raise UserError("shapes depend on the data")
    dataset = batches(config, model)
    train_steps, _ = first_steps(model, config, dataset, strategy)
    batch = next(iter(dataset))
    seconds = []
    for _ in range(1 + CALLS):
        before = time.perf_counter()
        losses = [loss.numpy() for loss in train_steps(batch).values()]
        seconds.append(time.perf_counter() - before)
    if not np.isfinite(losses).all():
        raise UserError("the loss is not finite")
    return seconds[0], len(losses[0]) / min(seconds[1:])

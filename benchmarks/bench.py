"""What every library of `two_moons.py` is asked to do, and how it answers.

A library takes part with one file, `benchmarks/peers/<library>.py`, that has
one function, `build(points, queries) -> Bench`: `points` [POINTS, 2] are the
training data to keep in memory, `queries` [Q, 2] are what `log_prob` is timed
on, and `sample` draws as many. The file imports this one, numpy and its own
library, since each library runs in its own process, perhaps in its own
environment.
"""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

FIGURES = {
    "train": ("Training", "steps/s"),
    "sample": ("`sample`", "points/s"),
    "log_prob": ("`log_prob`", "points/s"),
}
# Name in the tables -> file in `peers`.
LIBRARIES = {
    name: name
    for name in ("tfgen", "distrax", "flowjax", "nflows", "normflows", "zuko")
}

BATCH = 256
COUPLINGS = 8
HIDDEN = (128, 128)
LEARNING_RATE = 1e-3
STEPS_PER_CALL = 20  # of the variants that put several steps in one call
# Of the variants that split `queries` to stay in the cache, at most so many.
CHUNK, NUMBERS = 5_000, 20_000
POINTS = 10_000


class Work(NamedTuple):
    """A function to call again and again.

    Attributes:
      call: does the work and returns its result as an array, or as something
        `numpy.asarray` waits for. It need not wait itself.
      items: training steps or points one call is worth.
    """

    call: Callable[[], Any]
    items: int


class Bench(NamedTuple):
    """One library's answer: each figure in one or more variants.

    The runner reports the best variant. All variants of a
    library share one model, so training shows in `log_prob`.

    Attributes:
      versions: of the packages that matter.
      train: variant -> work in steps; a call returns the last loss, or all.
      sample: variant -> work in points; a call returns [Q, 2].
      log_prob: variant -> work in points; a call returns the log-density of
        `queries` in nats, [Q].
      parameters: numbers that are trained, or 0 if nobody counted them.
    """

    versions: Mapping[str, str]
    train: Mapping[str, Work]
    sample: Mapping[str, Work]
    log_prob: Mapping[str, Work]
    parameters: int = 0


def two_moons(count: int, seed: int, noise: float = 0.1) -> np.ndarray:
    """Two interleaved half circles of radius 1 with Gaussian noise.

    Args:
      count: points.
      seed: of numpy's generator.
      noise: standard deviation.

    Returns:
      Shuffled points [count, 2], float32.
    """
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0.0, np.pi, count)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    lower = np.stack([1.0 - np.cos(angle), 0.5 - np.sin(angle)], axis=-1)
    points = np.where(rng.random((count, 1)) < 0.5, upper, lower)
    return (points + noise * rng.normal(size=points.shape)).astype(np.float32)


def chunks(count: int, numbers: int = 2) -> int:
    """How many equal chunks, of at most CHUNK points, points make.

    Args:
      count: of points.
      numbers: of a point; a chunk has at most NUMBERS.

    Raises:
      ValueError: if `count` is more than CHUNK and no multiple of it.
    """
    if count > CHUNK and count % CHUNK:
        raise ValueError(
            f"points must be at most {CHUNK} or a multiple of it, got {count}"
        )
    most = min(CHUNK, NUMBERS // numbers)
    fewest = -(-count // most)
    return next(n for n in range(fewest, count + 1) if count % n == 0)


def build(module: ModuleType, points: int) -> Bench:
    """Asks a library; `points` are handled in one call."""
    return module.build(two_moons(POINTS, seed=0), two_moons(points, seed=1))

"""Averages of a model's own metrics over a data set."""

import math
from collections.abc import Callable, Iterable, Mapping

import keras
import numpy as np
import tensorflow as tf

Batches = Iterable[Mapping[str, tf.Tensor]]


def mean_metrics(model: keras.Model, batches: Batches) -> dict[str, float]:
    """Returns the mean of each of `model.per_example_metrics`.

    Args:
      model: see `tfgen.models.contract`.
      batches: of the held-out split; the last may be smaller.

    Raises:
      ValueError: there are no batches.
    """
    return make_mean_metrics(model)(batches)


def make_mean_metrics(
    model: keras.Model,
) -> Callable[[Batches], dict[str, float]]:
    """Returns `mean_metrics` of `model`, compiled once for many calls."""

    @tf.function(autograph=False, reduce_retracing=True)
    def sums(batch):
        metrics = model.per_example_metrics(batch)
        count = tf.size(next(iter(metrics.values())))
        return {name: tf.reduce_sum(v) for name, v in metrics.items()}, count

    def evaluate(batches: Batches) -> dict[str, float]:
        total: dict[str, float] = {}
        count = 0
        for batch in batches:
            totals, size = sums(batch)
            count += int(size)
            for name, value in totals.items():
                total[name] = total.get(name, 0.0) + float(value)
        if not count:
            raise ValueError("batches: expected at least one example, got 0.")
        return {name: value / count for name, value in total.items()}

    return evaluate


def mean_over_draws(
    evaluate: Callable[[Batches], dict[str, float]], draws: Iterable[Batches]
) -> dict[str, float]:
    """Returns the metrics averaged over draws of the dequantization noise.

    The mean of `-log p(x + u)` over u bounds `-log P(x)` of the gray levels
    from above (Theis et al. 2016, arXiv:1511.01844, section 3.1).

    Args:
      evaluate: of `make_mean_metrics`.
      draws: for each draw, the batches of the same examples.

    Returns:
      Metric -> mean, and `<metric>_std_error` of the mean over draws where
      there are at least two.
    """
    rows = [evaluate(batches) for batches in draws]
    result = {}
    for name in rows[0]:
        values = np.array([row[name] for row in rows])
        result[name] = float(values.mean())
        if len(rows) > 1:
            error = values.std(ddof=1) / math.sqrt(len(rows))
            result[f"{name}_std_error"] = float(error)
    return result


def make_reconstruction_error(model: keras.Model) -> Callable[[Batches], float]:
    """Returns what is compiled once for many calls.

    Of batches, it gives the largest `|x - g(f(x))|` over all examples, in units
    of x.
    """

    @tf.function(autograph=False, reduce_retracing=True)
    def error(x, label):
        x_again = model.decode(model.encode(x, label), label)
        return tf.reduce_max(tf.abs(x - x_again))

    def largest(batches: Batches) -> float:
        return max(float(error(b["x"], b.get("label"))) for b in batches)

    return largest

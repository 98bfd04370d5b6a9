"""The model's own metrics, averaged over a split."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from tfgen.config import DataSpec
from tfgen.data.semi_supervised import HIDDEN, FewLabels
from tfgen.errors import UserError
from tfgen.measures import Options
from tfgen.model import Model

if TYPE_CHECKING:
    from tfgen.run import Run

OPTIONS = ("draws",)

Batches = Iterable[Mapping[str, tf.Tensor]]


def mean_metrics(model: Model, batches: Batches) -> dict[str, float]:
    """Returns the mean of each of `model.per_example_metrics`.

    Args:
      model: see `tfgen.model`.
      batches: of the held-out split; the last may be smaller.

    Raises:
      ValueError: there are no batches.
    """
    return MeanMetrics(model)(batches)


class MeanMetrics:
    """`mean_metrics` of a model, compiled once for many calls.

    Attributes:
      read: names of the fields of a batch that the metrics have read so far.
    """

    def __init__(self, model: Model):
        """Compiles nothing yet."""
        self.read: set[str] = set()

        @tf.function(autograph=False, reduce_retracing=True)
        def sums(batch):
            metrics = model.per_example_metrics(_Noted(batch, self.read))
            count = tf.size(next(iter(metrics.values())))
            totals = {n: tf.reduce_sum(v) for n, v in metrics.items()}
            return totals, count, metrics

        self._sums = sums

    def __call__(
        self, batches: Batches, each: dict[str, list] | None = None
    ) -> dict[str, float]:
        """Returns the means over batches.

        Args:
          batches: see `mean_metrics`.
          each: gets name -> the metric of every example, [B] a batch.
        """
        total: dict[str, float] = {}
        count = 0
        for batch in batches:
            totals, size, values = self._sums(batch)
            count += int(size)
            for name, value in totals.items():
                total[name] = total.get(name, 0.0) + float(value)
                if each is not None:
                    each.setdefault(name, []).append(values[name].numpy())
        if not count:
            raise ValueError("batches: expected at least one example, got 0.")
        return {name: value / count for name, value in total.items()}


class _Noted(dict):
    """A batch that notes which fields are read."""

    def __init__(self, batch: Mapping, read: set[str]):
        super().__init__(batch)
        self._read = read

    def __getitem__(self, name):
        self._read.add(name)
        return super().__getitem__(name)

    def get(self, name, default=None):
        return self[name] if name in self else default


def mean_over_draws(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Returns the metrics averaged over draws of noise.

    The mean of `-log p(x + u)` over u bounds `-log P(x)` of the gray levels
    from above (Theis et al. 2016, arXiv:1511.01844, section 3.1).

    Args:
      rows: for each draw, the metrics of the same examples.

    Returns:
      Metric -> mean, and `<metric>_std_error` of the mean over draws where
      there are at least two.
    """
    result = {}
    for name in rows[0]:
        values = np.array([row[name] for row in rows])
        result[name] = float(values.mean())
        if len(rows) > 1:
            error = values.std(ddof=1) / math.sqrt(len(rows))
            result[f"{name}_std_error"] = float(error)
    return result


def two_std_errors(values: np.ndarray) -> float | None:
    """Returns two standard errors of a mean; None of less than two values."""
    if len(values) < 2:
        return None
    return 2 * float(values.std() / math.sqrt(len(values) - 1))


def _errors(draws: Sequence[Mapping[str, list]]) -> dict[str, float]:
    """Two standard errors of each mean over examples, of all draws' means."""
    found = {}
    for name in draws[0]:
        of_draws = [np.concatenate(draw[name], dtype=float) for draw in draws]
        error = two_std_errors(np.mean(of_draws, axis=0))
        if error is not None:
            found[f"{name}_two_std_errors"] = error
    return found


def applies(model: Model, spec: DataSpec) -> bool:
    """Always."""
    del model, spec
    return True


def measure(
    run: Run, model: Model, split: str, options: Options
) -> dict[str, float]:
    """Returns means over draws of noise, where there is some that is read.

    Of the options it takes `draws`. `<metric>_two_std_errors`, of a density or
    its bound, says how sure the mean is of other examples of the same data:
    that of an example is its mean over the draws. With few labels,
    `<metric>_hidden` are of all examples whose labels were hidden.

    Raises:
      UserError: no draws.
    """
    if options.draws < 1:
        raise UserError(f"draws={options.draws}: expected at least 1.")
    mean = run.once("metrics", model, MeanMetrics)
    each: list[dict[str, list]] = [{}]
    rows = [mean(run.held_out(model, split), each[0])]
    if run.data.noisy or mean.read & set(model.noise):
        for draw in range(1, options.draws):
            each.append({})
            rows.append(mean(run.held_out(model, split, draw), each[-1]))
    values = mean_over_draws(rows)
    if model.can("log_prob", "elbo"):
        values |= _errors(each)
    if isinstance(run.data, FewLabels):
        hidden = mean(run.held_out(model, HIDDEN))
        values |= {f"{name}_{HIDDEN}": value for name, value in hidden.items()}
    return values

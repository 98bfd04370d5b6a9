"""What figures of samples are made of, whatever the number of examples.

Means and covariances use all examples, in one pass; pairwise figures use only
the first examples.
"""

from __future__ import annotations

import numpy as np

from tfgen.evaluate.classifier import Described
from tfgen.evaluate.frechet import Moments

MOST = 5_000  # examples that are kept: 25 million pairs of data and samples


class Summary:
    """A set of examples that takes as much memory, however many are added.

    Attributes:
      count: N, examples so far.
      finite: whether all their numbers are; if not, the rest says nothing.
      moments: of the features of all; None before the first batch.
    """

    def __init__(self):
        """Starts with no examples."""
        self.count = 0
        self.finite = True
        self.moments: Moments | None = None
        self._first: list[Described] = []
        self._sum = self._sum_of_squares = 0.0

    def add(self, x: np.ndarray, described: Described) -> None:
        """Adds a batch.

        Args:
          x: [B, ...], images or points.
          described: the same B examples.
        """
        self.finite &= bool(np.isfinite(x).all())
        if not self.finite:
            return
        features = described.features
        if self.moments is None:
            self.moments = Moments(features.shape[1])
        self.moments.add(features)
        if (left := MOST - self.count) > 0:
            self._first.append(_first(described, left))
        self.count += len(x)
        x = np.asarray(x, np.float64)
        self._sum += x.sum(axis=0)
        self._sum_of_squares += np.square(x).sum(axis=0)

    @property
    def first(self) -> Described:
        """The first `MOST` examples."""
        features, probabilities = zip(*self._first)
        if probabilities[0] is None:
            return Described(np.concatenate(features), None)
        return Described(*map(np.concatenate, (features, probabilities)))

    @property
    def variance(self) -> float:
        """That of all examples, summed over pixels or coordinates."""
        mean = self._sum / self.count
        return float(np.sum(self._sum_of_squares / self.count - mean**2))


def _first(described: Described, count: int) -> Described:
    features, p = described
    return Described(features[:count], None if p is None else p[:count])

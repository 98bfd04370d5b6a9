"""What is said of the columns of a table while its rows pass by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfgen.config import Column

_MOST_DIGITS = 3  # after the point; numbers of more count as real
_CORRELATED = 0.95  # from where on it is said
_DEPENDENT = 1e-6  # variance of a sum of columns of variance 1 with no density
_FINE = 1e-3  # of a standard deviation, that float32 must tell apart


class Statistics:
    """Means, covariances and kinds of columns, in one pass in float64."""

    def __init__(self, names: Sequence[str]):
        """Args: `names` of the columns."""
        self._names = [*names]
        D = len(names)
        self._digits = np.zeros(D)
        self._counts_rows = np.ones(D, bool)
        self._origin: np.ndarray | None = None
        self._n, self._sum, self._products = 0, np.zeros(D), np.zeros((D, D))
        self._largest = np.zeros(D)

    def add(self, rows: np.ndarray, train: np.ndarray) -> None:
        """Adds rows that follow one another.

        Args:
          rows: [n, D] float64, of all splits, which say what kind they are.
          train: [n] whether they are of the training split.
        """
        for j, column in enumerate(rows.T):
            while self._digits[j] <= _MOST_DIGITS and not _whole(
                column * 10.0 ** self._digits[j]
            ):
                self._digits[j] += 1
            if self._counts_rows[j]:
                self._counts_rows[j] = np.all(np.diff(column) == 1)
        rows = np.compress(train, rows.T, axis=1).T
        if not len(rows):
            return
        if self._origin is None:
            self._origin = rows[0]
        # Products of what is near to 0 lose no digits.
        near = rows - self._origin
        self._n += len(rows)
        self._sum += near.sum(axis=0)
        self._products += near.T @ near
        self._largest = np.maximum(self._largest, np.abs(rows).max(axis=0))

    @property
    def counters(self) -> list[str]:
        """Columns that number the rows."""
        return [n for n, yes in zip(self._names, self._counts_rows) if yes]

    @property
    def constant(self) -> list[str]:
        """Columns that do not vary, but for rounding."""
        return [c.name for c in self.columns(self._names) if not c.stddev]

    def columns(self, names: Sequence[str]) -> tuple[Column, ...]:
        """Returns what models standardize and dequantize by."""
        mean = self._origin + self._sum / self._n
        stddev = np.sqrt(np.diag(self._covariance()))
        stddev = np.where(stddev > 1e-9 * np.abs(mean), stddev, 0)
        steps = np.where(self._digits <= _MOST_DIGITS, 10.0**-self._digits, 0)
        return tuple(
            Column(name, float(mean[j]), float(stddev[j]), float(steps[j]))
            for name in names
            for j in [self._names.index(name)]
        )

    def remarks(self, used: Sequence[str]) -> list[str]:
        """Returns what makes a density of some of the columns doubtful."""
        rows = [self._names.index(name) for name in used]
        covariance = self._covariance()[np.ix_(rows, rows)]
        stddev = np.sqrt(np.diag(covariance))
        r = covariance / np.outer(stddev, stddev)
        found = [
            f"{used[i]} and {used[j]} correlate by {r[i, j]:.3f}"
            for i, j in zip(*np.nonzero(np.triu(abs(r) > _CORRELATED, 1)))
        ]
        values, vectors = np.linalg.eigh(r)
        if values[0] < _DEPENDENT:
            part = np.abs(vectors[:, 0]) > 0.1 * np.abs(vectors[:, 0]).max()
            names = [name for name, yes in zip(used, part) if yes]
            found.append(
                f"{', '.join(names)} depend linearly on each other, which no"
                " density can follow: leave one out by data.columns"
            )
        coarse = np.spacing(self._largest[rows].astype(np.float32))
        found += [
            f"{name} is so far from 0 that float32 keeps few of its digits:"
            " subtract a number"
            for name, bad in zip(used, coarse > _FINE * stddev)
            if bad
        ]
        return found

    def _covariance(self) -> np.ndarray:
        mean = self._sum / self._n
        covariance = self._products / self._n - np.outer(mean, mean)
        return np.maximum(
            covariance, 0, where=np.eye(len(mean), dtype=bool), out=covariance
        )


def _whole(values: np.ndarray) -> bool:
    return bool(np.all(np.abs(values - np.round(values)) < 1e-5))

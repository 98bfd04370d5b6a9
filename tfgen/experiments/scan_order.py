"""Gibbs sampling: the order of the variables matters.

Bryan He, Christopher De Sa, Ioannis Mitliagkas, Christopher Re: Scan Order in
Gibbs Sampling: Models in Which it Matters and Bounds on How Much. NIPS 2016.
arXiv:1606.03432.

What is claimed: a scan in a fixed order can need n times fewer updates than one
in random order, or as many more as a polynomial of n. In the paper's sequence
of dependencies, where a variable can be 1 only if the one before it is, the
best order mixes after n updates, the worst one and random order after about
n^2.

Nothing is drawn here: a state is the number of ones, k, and the distribution
after t updates is a product of transition matrices. What mixing means: from
the worst start, the total variation distance is at most 1/4.

What deviates, and why:
- The weight of k ones is `HEAVY`^k; in the paper it grows without bound.
- The paper's other models (two islands, discrete pyramid, memorize and repeat,
  soft dependencies) are not tried.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from tfgen.tables.papers import Row, Table

PAPER = "He et al. 2016, arXiv:1606.03432"

SIZES = (5, 10, 20, 40)
TABLE = Table(
    tuple(Row(name, None) for name in ("best order", "random", "worst order")),
    "paper",
    {f"n_{n}": f"n = {n}" for n in SIZES},
    units={f"n_{n}": "updates" for n in SIZES},
)
_LARGEST = f"n_{SIZES[-1]}"
_HALF = f"n_{SIZES[-2]}"
CLAIMS = {
    "the best order mixes after n updates": lambda r: all(
        r["best order"][f"n_{n}"] == n for n in SIZES
    ),
    "the worst order mixes in its n-th scan": lambda r: all(
        r["worst order"][f"n_{n}"] == (n - 1) * n + 1 for n in SIZES
    ),
    "random order needs about n^2: four times as many for twice n": lambda r: (
        3.5 < r["random"][_LARGEST] / r["random"][_HALF] < 4.5
    ),
}
HEAVY = 1e12
ENOUGH = 0.25


def updates(n: int) -> list[np.ndarray]:
    """Returns the transition matrix of each variable's update, [n + 1, n + 1].

    A row is the state before, a column the one after, both numbers of ones.
    Variable i (from 0) can change where it is the last one, or the first zero.
    """
    matrices = []
    for i in range(n):
        matrix = np.eye(n + 1)
        for state in (i, i + 1):
            matrix[state] = 0
            matrix[state, [i, i + 1]] = 1 / (1 + HEAVY), HEAVY / (1 + HEAVY)
        matrices.append(matrix)
    return matrices


def stationary(n: int) -> np.ndarray:
    """Returns the distribution of the number of ones, [n + 1]."""
    weights = HEAVY ** (np.arange(n + 1.0) - n)
    return weights / weights.sum()


def mixing_time(matrices: Iterable[np.ndarray], target: np.ndarray) -> int:
    """Returns the first number of updates that is enough.

    Args:
      matrices: of each update, in order; without end.
      target: the stationary distribution.
    """
    after = np.eye(len(target))
    for t, matrix in enumerate(matrices, 1):
        after = after @ matrix
        if 0.5 * np.abs(after - target).sum(1).max() <= ENOUGH:
            return t
    raise ValueError("the updates ended.")


def scan(n: int, order: Sequence[int]) -> Iterator[np.ndarray]:
    """The updates of variables in an order, again and again."""
    of = updates(n)
    return itertools.cycle([of[i] for i in order])


def random_scan(n: int) -> Iterator[np.ndarray]:
    """The updates of variables that are drawn."""
    return itertools.repeat(np.mean(updates(n), axis=0))


def rows(seed: int) -> dict[str, dict[str, float]]:
    """Returns the figures of each row, which depend on no seed."""
    del seed
    found = {row.name: {} for row in TABLE.rows}
    for n in SIZES:
        scans = {
            "best order": scan(n, range(n)),
            "random": random_scan(n),
            "worst order": scan(n, range(n)[::-1]),
        }
        for name, matrices in scans.items():
            found[name][f"n_{n}"] = mixing_time(matrices, stationary(n))
    return found

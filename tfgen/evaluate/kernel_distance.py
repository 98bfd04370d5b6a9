"""Kernel distance between the features of two sets of examples.

Bińkowski et al. 2018, "Demystifying MMD GANs", ICLR, arXiv:1801.01401: unlike
the Fréchet distance it has no bias, whatever the number of examples. With
features of InceptionV3 it is the KID.
"""

import math

import numpy as np


def kernel_distance(
    real: np.ndarray, generated: np.ndarray, blocks: int = 10, seed: int = 0
) -> tuple[float, float]:
    """Returns the squared MMD, averaged over disjoint blocks, and its error.

    The blocks share no example, so that their values are independent and the
    standard error holds; the paper's own code draws overlapping ones.

    Args:
      real: [N, D] features of the data.
      generated: [M, D] of the samples.
      blocks: into how many both sets are cut; at least 2.
      seed: of the order in which they are cut.

    Returns:
      The mean over blocks, 0 on average and so sometimes negative if both sets
      come from one distribution, and the standard error of that mean.

    Raises:
      ValueError: a set has not two examples for each block.
    """
    fewest = min(len(real), len(generated))
    if blocks < 2 or fewest < 2 * blocks:
        raise ValueError(
            f"blocks={blocks}: expected at least 2, and at most half of the"
            f" smaller set of {fewest}."
        )
    random = np.random.default_rng(seed)
    values = [
        squared_mmd(x, y)
        for x, y in zip(
            np.array_split(random.permutation(real), blocks),
            np.array_split(random.permutation(generated), blocks),
        )
    ]
    error = np.std(values, ddof=1) / math.sqrt(blocks)
    return float(np.mean(values)), float(error)


def squared_mmd(x: np.ndarray, y: np.ndarray) -> float:
    """Returns the unbiased estimate of the squared MMD.

    `mean_{i != j} k(x_i, x_j) + mean_{i != j} k(y_i, y_j)
    - 2 mean_{i, j} k(x_i, y_j)`, k being the cubic kernel (Gretton et al. 2012,
    "A kernel two-sample test", JMLR 13, eq. 3).

    Args:
      x: [N, D], N at least 2.
      y: [M, D], M at least 2.
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    return float(
        _mean_of_pairs(cubic_kernel(x, x))
        + _mean_of_pairs(cubic_kernel(y, y))
        - 2 * cubic_kernel(x, y).mean()
    )


def cubic_kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Returns `(x . y / D + 1)^3` of all pairs, [N, M]."""
    return (x @ y.T / x.shape[1] + 1) ** 3


def _mean_of_pairs(kernel: np.ndarray) -> float:
    """Mean off the diagonal: no example is its own partner."""
    N = len(kernel)
    return (kernel.sum() - np.trace(kernel)) / (N * (N - 1))

"""The alternating direction method of multipliers (ADMM), in NumPy.

What `admm_net` learns to do better, with the same formulas.
"""

import functools
import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from tfgen.experiments.phantoms import SIZE, cosines, error


@functools.cache
def places() -> np.ndarray:
    """Frequencies of a filter's nine places, [9, H, W], complex.

    Its transfer function is their sum, each times the filter's number there.
    """
    found = np.zeros((9, SIZE, SIZE))
    for i, (dy, dx) in enumerate(itertools.product((-1, 0, 1), repeat=2)):
        found[i, dy % SIZE, dx % SIZE] = 1
    return np.fft.fft2(found)


def admm(
    y: np.ndarray, P: np.ndarray, rho: float, weight: float, most: int
) -> Iterator[np.ndarray]:
    """Yields images [B, H, W] after each iteration: a plain solver, in NumPy.

    Args:
      y: measured frequencies, 0 elsewhere, [B, H, W]; it computes in their
        precision.
      P: which are, [H, W]; each and its mirror image, so that x is real.
      rho: of ADMM.
      weight: lambda.
      most: how many iterations.
    """
    H = np.tensordot(cosines().reshape(8, 9), places(), 1)
    # Of a real image one half of the frequencies tells the other.
    y, P, H = (a[..., : SIZE // 2 + 1] for a in (P * y, P, H.astype(y.dtype)))
    z = beta = np.zeros((len(y), 8, SIZE, SIZE), y.real.dtype)
    divisor = (P + rho * np.sum(np.abs(H) ** 2, axis=0)).astype(y.real.dtype)
    for _ in range(most):
        other = np.conj(H) * np.fft.rfft2(z - beta, norm="ortho")
        X = (y + rho * other.sum(1)) / divisor
        yield np.fft.irfft2(X, z.shape[2:], norm="ortho")
        v = np.fft.irfft2(H * X[:, None], z.shape[2:], norm="ortho") + beta
        z = v - np.clip(v, -weight / rho, weight / rho)
        beta = v - z


def solved(
    y: np.ndarray,
    P: np.ndarray,
    rho: float,
    weight: float,
    counts: Sequence[int],
) -> dict[int, np.ndarray]:
    """Returns the solver's images after each of these numbers of iterations."""
    found = enumerate(admm(y, P, rho, weight, max(counts)), 1)
    return {n: images for n, images in found if n in counts}


def tuned(
    y: np.ndarray, x: np.ndarray, P: np.ndarray, counts: Sequence[int]
) -> dict[int, tuple[float, float]]:
    """Returns rho and lambda of the least error, of a grid.

    Args:
      y: see `admm`.
      x: true images.
      P: see `admm`.
      counts: numbers of iterations, each of which has its own best.
    """
    rhos, weights = (
        10.0 ** np.arange(-3, 1.5, 0.5),
        10.0 ** np.arange(-4, 0, 0.5),
    )
    errors = {
        pair: {
            n: error(images, x)
            for n, images in solved(y, P, *pair, counts).items()
        }
        for pair in itertools.product(rhos, weights)
    }
    return {n: min(errors, key=lambda p: errors[p][n]) for n in counts}

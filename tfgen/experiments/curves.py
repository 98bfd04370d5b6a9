"""Noisy curves, and how far two sets of them are apart."""

import numpy as np


def curves(random: np.random.Generator, shape, steps: int) -> np.ndarray:
    """Returns sums of two sines with noise, [*shape, steps]."""
    t = np.arange(steps)
    period = random.uniform((8, 3), (12, 5), (*shape, 2))[..., None]
    phase = random.uniform(0, 2 * np.pi, (*shape, 2, 1))
    waves = np.sin(2 * np.pi * t / period + phase)
    clean = waves[..., 0, :] + 0.5 * waves[..., 1, :]
    return clean + 0.05 * random.standard_normal(clean.shape)


def features(x: np.ndarray) -> np.ndarray:
    """Returns log-deviation and zeros that are crossed, [N, 2]."""
    x = x - x.mean(1, keepdims=True)
    crossed = (np.diff(np.sign(x), axis=1) != 0).sum(1)
    return np.stack([np.log(x.std(1) + 1e-6), crossed], axis=1)


def energy_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Returns 2 E|a - b| - E|a - a'| - E|b - b'|, of pairs of two others.

    Args:
      a: [N, D].
      b: [M, D].
    """

    def mean(p, q):
        return np.linalg.norm(p[:, None] - q, axis=2).sum()

    n, m = len(a), len(b)
    within = mean(a, a) / (n * (n - 1)) + mean(b, b) / (m * (m - 1))
    return 2 * mean(a, b) / (n * m) - within

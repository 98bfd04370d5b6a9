"""Drawn phantoms, frequencies that are measured of them, and cosines."""

import itertools

import numpy as np
import tensorflow as tf

SIZE, LINES = 32, 9  # pixels a side; lines of frequencies through 0


def phantoms(random: np.random.Generator, count: int) -> np.ndarray:
    """Returns images of ellipses inside of a bright one, [count, H, W]."""
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE * 2 - 1
    images = np.zeros((count, SIZE, SIZE))
    for image in images:
        for i in range(random.integers(5, 10)):
            first = i == 0
            a, b = random.uniform(0.6, 0.9, 2) * (1 if first else 0.4)
            centre = random.uniform(-1, 1, 2) * (0.05 if first else 0.4)
            angle = random.uniform(0, np.pi)
            u = (x - centre[0]) * np.cos(angle) + (y - centre[1]) * np.sin(
                angle
            )
            v = (y - centre[1]) * np.cos(angle) - (x - centre[0]) * np.sin(
                angle
            )
            inside = (u / a) ** 2 + (v / b) ** 2 <= 1
            image += inside * (0.5 if first else random.uniform(-0.3, 0.4))
    return np.clip(images, 0, 1)


def mask() -> np.ndarray:
    """Returns P: 1 at frequencies on lines through 0, [H, W], 0 at [0, 0]."""
    found = np.zeros((SIZE, SIZE))
    along = np.arange(-SIZE, SIZE + 1) / 2
    for angle in np.arange(LINES) * np.pi / LINES:
        rows = np.round(along * np.sin(angle)).astype(int)
        columns = np.round(along * np.cos(angle)).astype(int)
        inside = (abs(rows) < SIZE // 2) & (abs(columns) < SIZE // 2)
        found[rows[inside] % SIZE, columns[inside] % SIZE] = 1
    return found


def error(made: np.ndarray, x: np.ndarray) -> float:
    """Returns the mean of |x' - x| / |x|."""
    norms = (
        np.linalg.norm(made - x, axis=(1, 2)),
        np.linalg.norm(x, axis=(1, 2)),
    )
    return float(np.mean(norms[0] / norms[1]))


def as_complex(x):
    """Returns a real number; a cast's gradient would warn of what it drops."""
    return tf.complex(tf.convert_to_tensor(x), tf.zeros_like(x))


def frequencies(x):
    """Returns F x, orthonormal."""
    return tf.signal.fft2d(as_complex(x)) / SIZE


def pixels(X):
    """Returns F^H X."""
    return tf.math.real(tf.signal.ifft2d(X)) * SIZE


def cosines() -> np.ndarray:
    """Returns the 3 x 3 cosine transform's filters but the mean, [8, 3, 3]."""
    k, n = np.mgrid[:3, :3]
    basis = np.cos(np.pi * k * (n + 0.5) / 3) * np.sqrt(2 / 3)
    basis[0] /= np.sqrt(2)
    pairs = list(itertools.product(basis, basis))[1:]
    return np.array([np.outer(a, b) for a, b in pairs])

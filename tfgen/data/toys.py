"""Toys: distributions over the plane, which can be drawn.

Each is a function of a generator and a number of points that returns
`x: [n, 2]` and `label: [n]`, the part of the figure a point belongs to.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from tfgen.config import DataSpec
from tfgen.data.keys import key
from tfgen.data.source import ArraySource, split_arrays
from tfgen.errors import UserError
from tfgen.nn.energies import ENERGIES, grid

Points = tuple[np.ndarray, np.ndarray]

# Mixtures: one can count which modes a model has found.
EIGHT_CENTERS = 2.0 * np.stack(
    [np.cos(np.arange(8) * np.pi / 4), np.sin(np.arange(8) * np.pi / 4)], axis=1
)
EIGHT_STDDEV = 0.2
GRID_CENTERS = np.stack(
    np.meshgrid(np.arange(-4.0, 5, 2), np.arange(-4.0, 5, 2), indexing="ij"),
    axis=-1,
).reshape(25, 2)
GRID_STDDEV = 0.05
RING_RADII = np.array([0.75, 1.5, 2.25, 3.0])


def _moons(rng: np.random.Generator, n: int) -> Points:
    """Two half circles of radius 1 that interlock; noise 0.1."""
    label = rng.integers(2, size=n)
    angle = rng.uniform(0, np.pi, n)
    x = np.stack(
        [
            np.where(label == 0, np.cos(angle), 1 - np.cos(angle)),
            np.where(label == 0, np.sin(angle), 0.5 - np.sin(angle)),
        ],
        axis=1,
    )
    return x + 0.1 * rng.standard_normal((n, 2)), label


def _rings(rng: np.random.Generator, n: int) -> Points:
    """Four circles around the origin; noise 0.08."""
    label = rng.integers(len(RING_RADII), size=n)
    angle = rng.uniform(0, 2 * np.pi, n)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    x = RING_RADII[label, None] * circle
    return x + 0.08 * rng.standard_normal((n, 2)), label


def _eight_gaussians(rng: np.random.Generator, n: int) -> Points:
    """Eight Gaussians on a circle of radius 2."""
    label = rng.integers(8, size=n)
    noise = rng.standard_normal((n, 2))
    return EIGHT_CENTERS[label] + EIGHT_STDDEV * noise, label


def _grid_gaussians(rng: np.random.Generator, n: int) -> Points:
    """25 Gaussians on a 5x5 grid."""
    label = rng.integers(25, size=n)
    noise = rng.standard_normal((n, 2))
    return GRID_CENTERS[label] + GRID_STDDEV * noise, label


def _checkerboard(rng: np.random.Generator, n: int) -> Points:
    """The eight dark unit squares of a 4x4 board; label: the square."""
    label = rng.integers(8, size=n)
    row, pair = label // 2, label % 2
    corner = np.stack([2 * pair + row % 2, row], axis=1) - 2
    return corner + rng.uniform(size=(n, 2)), label


def _spirals(rng: np.random.Generator, n: int) -> Points:
    """Two arms of one and a half turns; noise 0.1."""
    label = rng.integers(2, size=n)
    # The square root makes the points even along the arm.
    angle = 3 * np.pi * np.sqrt(rng.uniform(size=n))
    arm = np.stack([-np.cos(angle), np.sin(angle)], axis=1)
    x = (1 - 2 * label[:, None]) * angle[:, None] / 3 * arm
    return x + 0.1 * rng.standard_normal((n, 2)), label


def _parabola(rng: np.random.Generator, n: int) -> Points:
    """x_2 ~ N(0, 4), x_1 ~ N(x_2^2 / 4, 1): entropy 3.5310 nats.

    Figure 1 of Papamakarios et al. 2017 (arXiv:1705.07057); label: the sign of
    x_2.
    """
    x_2 = 2 * rng.standard_normal(n)
    x_1 = x_2**2 / 4 + rng.standard_normal(n)
    return np.stack([x_1, x_2], axis=1), x_2 > 0


def _energy(number: int, rng: np.random.Generator, n: int) -> Points:
    """Points of `exp(-U) / Z`; label: the sign of x_1."""
    centers, p, side = grid(number)
    cells = rng.choice(len(p), n, p=p)
    x = centers[cells] + side * rng.uniform(-0.5, 0.5, (n, 2))
    return x, x[:, 0] > 0


_TOYS: dict[str, tuple[Callable[..., Points], int]] = {
    "moons": (_moons, 2),
    "rings": (_rings, len(RING_RADII)),
    "eight_gaussians": (_eight_gaussians, 8),
    "checkerboard": (_checkerboard, 8),
    "spirals": (_spirals, 2),
    "grid_gaussians": (_grid_gaussians, 25),
    "parabola": (_parabola, 2),
    **{
        f"energy_{number}": (functools.partial(_energy, number), 2)
        for number in ENERGIES
    },
}

# Name -> means of the Gaussians and their standard deviation.
MIXTURES = {
    "eight_gaussians": (EIGHT_CENTERS, EIGHT_STDDEV),
    "grid_gaussians": (GRID_CENTERS, GRID_STDDEV),
}

MIN_EXAMPLES = 10


def load(name: str, num_examples: int, seed: int) -> ArraySource:
    """Draws a toy.

    Args:
      name: one of the toys.
      num_examples: how many points, all splits together.
      seed: of the points; other seeds give other points.

    Raises:
      UserError: too few points for one in every split.
    """
    if num_examples < MIN_EXAMPLES:
        raise UserError(
            f"data.num_examples={num_examples}: expected at least"
            f" {MIN_EXAMPLES}."
        )
    draw, num_classes = _TOYS[name]
    rng = np.random.default_rng(key("toys", name, seed))
    x, label = draw(rng, num_examples)
    return split_arrays(
        DataSpec(shape=(2,), num_classes=num_classes),
        {"x": x.astype(np.float32), "label": label.astype(np.int32)},
    )

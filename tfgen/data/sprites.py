"""Sprites: drawn images of which every factor is known.

One shape on black, after dSprites (Matthey et al. 2017): which shape is the
`label`; the field `factors` holds the places of the others on a grid, from 0
on. Two examples share no combination. Edges are anti-aliased: a pixel is as
bright as the share of it that the shape covers, by the distance of its centre
from the edge.

Angles stay below 90 degrees, where no shape looks like itself turned (dSprites
turns its squares all around). Images whose pixels are binarized are of white
shapes, without the factor `gray`; small ones of neighbours may be equal.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from absl import logging

from tfgen.config import DataSpec, Field
from tfgen.data.keys import key
from tfgen.data.settings import DataConfig
from tfgen.data.source import ArraySource, split_arrays
from tfgen.data.toys import MIN_EXAMPLES
from tfgen.errors import UserError

SHAPES = ("square", "ellipse", "triangle")
# Factor -> how many values it has.
FACTORS = {"size": 6, "angle": 8, "place_x": 16, "place_y": 16, "gray": 4}
# From the first value to the last: the radius of the circle around a shape and
# the place of its centre, of an image of side 1.
_RADIUS, _PLACE = (0.14, 0.28), (0.3, 0.7)
_CHUNK = 1 << 20  # pixels drawn at a time


def load(config: DataConfig, seed: int) -> ArraySource:
    """Draws `num_examples` combinations of the factors, all splits together.

    Args:
      config: with `num_examples` and `image_size`.
      seed: of which combinations they are.

    Raises:
      UserError: fewer examples than splits need or more than there are
        combinations, or images too small or too large.
    """
    side, n = config.image_size, config.num_examples
    if not 8 <= side <= 64:
        raise UserError(
            f"data.image_size={side}: expected 8 to 64, of sprites."
        )
    factors = dict(FACTORS)
    if config.binarize:
        del factors["gray"]
        logging.info("sprites: binarized, so all are white; no factor gray.")
    counts = (len(SHAPES), *factors.values())
    most = math.prod(counts)
    if not MIN_EXAMPLES <= n <= most:
        raise UserError(
            f"data.num_examples={n}: expected {MIN_EXAMPLES} to {most:,}, the"
            " combinations of the factors."
        )
    rng = np.random.default_rng(key("sprites", seed))
    places = rng.permutation(most)[:n]
    label, *others = np.unravel_index(places, counts)
    spec = DataSpec(
        (side, side, 1),
        256,
        len(SHAPES),
        SHAPES,
        (Field("factors", (len(factors),), names=tuple(factors)),),
    )
    x = draw(label, dict(zip(factors, others)), side)
    return split_arrays(
        spec,
        {
            "x": x,
            "label": label.astype(np.int32),
            "factors": np.stack(others, axis=1).astype(np.float32),
        },
    )


def draw(
    label: np.ndarray, factors: dict[str, np.ndarray], side: int
) -> np.ndarray:
    """Returns images [N, side, side, 1] uint8.

    Args:
      label: [N], numbers of shapes.
      factors: name -> [N], places on the grid; without gray, all are white.
      side: pixels.
    """

    def between(name, ends):
        """The values of a factor in pixels, [N, 1, 1]."""
        share = factors[name] / (FACTORS[name] - 1)
        value = side * (ends[0] + (ends[1] - ends[0]) * share)
        return value.astype(np.float32)[:, None, None]

    radius = between("size", _RADIUS)
    x, y = between("place_x", _PLACE), between("place_y", _PLACE)
    angle = np.pi / 2 * factors["angle"] / FACTORS["angle"]
    turn = angle.astype(np.float32)[:, None, None]
    gray = (factors["gray"] + 1) / FACTORS["gray"] if "gray" in factors else 1.0
    light = np.broadcast_to(np.float32(255 * gray), label.shape)[:, None, None]
    pixel = np.arange(side, dtype=np.float32) + 0.5
    images = np.empty((len(label), side, side, 1), np.uint8)
    for shape, distance in enumerate(_DISTANCES):
        of_shape = np.flatnonzero(label == shape)
        for i in np.array_split(of_shape, len(label) * side**2 // _CHUNK + 1):
            across, down = pixel - x[i], pixel[:, None] - y[i]
            cos, sin = np.cos(turn[i]), np.sin(turn[i])
            u, v = cos * across + sin * down, cos * down - sin * across
            covered = np.clip(0.5 - distance(u, v, radius[i]), 0, 1)
            images[i, ..., 0] = np.rint(light[i] * covered)
    return images


# The distance from the edge in pixels, negative inside, of points (u, v) of a
# shape's own axes, in a circle of radius r.


def _square(u: np.ndarray, v: np.ndarray, r: np.ndarray) -> np.ndarray:
    return np.maximum(np.abs(u), np.abs(v)) - r / math.sqrt(2)


def _ellipse(u: np.ndarray, v: np.ndarray, r: np.ndarray) -> np.ndarray:
    """Half as high as wide; to first order, which at the edge is enough."""
    b = r / 2
    f = np.hypot(u / r, v / b)  # 1 at the edge
    slope = np.hypot(u / r**2, v / b**2) / np.maximum(f, 1e-6)
    return (f - 1) / np.maximum(slope, 1 / r)  # 1 / r is the least slope


def _triangle(u: np.ndarray, v: np.ndarray, r: np.ndarray) -> np.ndarray:
    """A triangle of equal sides, one of them below."""
    side = math.sqrt(3) / 2 * np.abs(u) - v / 2
    return np.maximum(v, side) - r / 2


_DISTANCES: tuple[Callable[..., np.ndarray], ...] = (
    _square,
    _ellipse,
    _triangle,
)

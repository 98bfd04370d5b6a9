"""Scenes: drawn pictures of which everything is known.

One shape on white: its kind, size, place and colour can be read off the picture
(`tfgen/measures/scene_judge.py`). Shapes stand on the pixels of a grid of 16;
larger pictures show the same scenes finer.

    scenes               x an outline; y the shape in its colour, which is that
                         of its kind. Kinds, sizes and places are not equally
                         frequent, so that no other map than the right one makes
                         y's of x's.
    two_coloured_scenes  likewise, but y is red or blue, whatever x is.
    moving_scenes        x two frames, side by side in its channels, in which a
                         shape goes on in a straight line; y the third, where
                         it has turned left or right. Both are as likely.
    captioned_scenes     x the shape, `attributes` the words of its caption (see
                         `captions.py`). The test split has the combinations
                         that no other has.

No scene is in two splits.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfgen.config import DataSpec, Field
from tfgen.data import shapes
from tfgen.data.keys import key
from tfgen.data.settings import DataConfig
from tfgen.data.source import SPLITS, ArraySource, split_arrays, split_of
from tfgen.data.toys import MIN_EXAMPLES
from tfgen.errors import UserError

TWO = (0, 2)  # of two colours: red, blue
# A caption has one of each.
CHOICES = (
    *(("small", "large"), tuple(shapes.COLOURS), shapes.KINDS),
    *(("top", "bottom"), ("left", "right")),
)
WORDS = sum(CHOICES, ())
STEP = 3  # places that a shape moves from frame to frame
# Down and right, of each way to go; the next is a turn to the right.
WAYS = np.array([(0, 1), (1, 0), (0, -1), (-1, 0)])

_FREQUENCIES = (0.5, 0.3, 0.2)  # of kinds, and of sizes
_UNSEEN = 16  # of the 96 combinations of words
_SIDES = (16, 32, 64)


def load(name: str, config: DataConfig, seed: int) -> ArraySource:
    """Draws `num_examples` scenes, all splits together.

    Args:
      name: see above.
      config: with `num_examples` and `image_size`.
      seed: of which scenes are in which split, and of what is drawn.

    Raises:
      UserError: fewer examples than splits need, or another size.
    """
    side, n = config.image_size, config.num_examples
    if side not in _SIDES:
        sizes = ", ".join(map(str, _SIDES))
        raise UserError(f"data.image_size={side}: expected {sizes}, of {name}.")
    if n < MIN_EXAMPLES:
        raise UserError(
            f"data.num_examples={n}: expected at least {MIN_EXAMPLES}."
        )
    random = np.random.default_rng(key(name, seed))
    draw = {"moving_scenes": _moving, "captioned_scenes": _captioned}
    columns, *fields = draw.get(name, _pairs)(name, side, n, seed, random)
    spec = DataSpec(columns["x"].shape[1:], 256, fields=tuple(fields))
    return split_arrays(spec, columns)


def _pairs(name, side, n, seed, random):
    every = shapes.every()
    sizes = list(shapes.SIZES.values())
    weight = (
        np.take(_FREQUENCIES, every.kind)
        * np.take(_FREQUENCIES, np.searchsorted(sizes, every.size))
        * ((every.left + 1) * (every.top + 4))
        / (shapes.GRID + 1 - every.size) ** 2
    )
    splits = [split_of(name, str(seed), str(i)) for i in range(len(weight))]
    number = _drawn(splits, weight, n, random)
    colour = every.kind[number]
    if name == "two_coloured_scenes":
        colour = np.take(TWO, random.integers(0, 2, n))
    black = np.zeros((n, 3))
    x = shapes.paint(number, black, side, outlined=True)
    y = shapes.paint(number, shapes.colours(colour), side)
    return {"x": x, "y": y}, Field("y", y.shape[1:], 256)


def _moving(name, side, n, seed, random):
    """A row is a path: kind, colour, way, top and left of the frame before."""
    places = shapes.GRID - shapes.SIZES["small"] + 1
    counts = len(shapes.KINDS), len(shapes.COLOURS), len(WAYS), places, places
    rows = np.indices(counts).reshape(len(counts), -1)
    first, nexts = _positions(rows[2], rows[3:].T)
    ends = np.concatenate([first[None], nexts])
    rows = rows[:, ((ends >= 0) & (ends < places)).all((0, 2))]
    splits = [split_of(name, str(seed), *map(str, row)) for row in rows.T]
    items = _drawn(splits, np.ones(len(splits)), n, random)
    kind, colour, way, *place = rows[:, items]
    place = np.transpose(place)
    first, nexts = _positions(way, place)
    turned = nexts[random.integers(0, 2, n), np.arange(n)]
    frames = [
        shapes.paint(_small(kind, where), shapes.colours(colour), side)
        for where in (first, place, turned)
    ]
    x = np.concatenate(frames[:2], axis=-1)
    return {"x": x, "y": frames[2]}, Field("y", frames[2].shape[1:], 256)


def _positions(way: np.ndarray, place: np.ndarray):
    """The place a frame before, [N, 2], and both a frame after, [2, N, 2]."""
    nexts = [place + STEP * WAYS[(way + turn) % 4] for turn in (1, -1)]
    return place - STEP * WAYS[way], np.array(nexts)


def _small(kind: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Numbers of small shapes."""
    number, small = shapes.every().number, shapes.SIZES["small"]
    return number[kind, small, place[:, 0], place[:, 1]]


def futures(before: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Returns what may come after two frames, numbers of shapes [2, N].

    Args:
      before: [N], numbers of shapes in the first frame.
      last: [N], in the second.
    """
    every = shapes.every()
    first, place = (
        np.stack([every.top[i], every.left[i]], axis=1) for i in (before, last)
    )
    down, right = ((place - first) // STEP).T
    turns = [np.stack([right * s, -down * s], axis=1) for s in (1, -1)]
    return np.array(
        [_small(every.kind[last], place + STEP * turn) for turn in turns]
    )


def chosen(attributes: np.ndarray) -> np.ndarray:
    """Returns which of each of `CHOICES` captions have, [5, N].

    Args:
      attributes: [N, K], 1 for each of `WORDS` that is said, the others 0.
    """
    ends = np.cumsum([len(words) for words in CHOICES])[:-1]
    parts = np.split(attributes, ends, axis=1)
    return np.array([part.argmax(1) for part in parts])


def _captioned(name, side, n, seed, random):
    every = shapes.every()
    middle = 2 * np.array([every.top, every.left]) + every.size - shapes.GRID
    # Clearly at the top or the bottom, and so on.
    known = (every.size != shapes.SIZES["middle"]) & (np.abs(middle) > 1).all(0)
    number = np.repeat(np.flatnonzero(known), len(shapes.COLOURS))
    colour = np.tile(np.arange(len(shapes.COLOURS)), known.sum())
    words = np.stack(
        [every.size[number] == shapes.SIZES["small"]]
        + [every.size[number] == shapes.SIZES["large"]]
        + [colour == c for c in range(len(shapes.COLOURS))]
        + [every.kind[number] == k for k in range(len(shapes.KINDS))]
        + [sign * axis[number] < 0 for axis in middle for sign in (1, -1)],
        axis=1,
    )
    sets, of_set = np.unique(words, axis=0, return_inverse=True)
    order = np.argsort([key(name, seed, i) for i in range(len(sets))])
    unseen = np.isin(of_set, order[:_UNSEEN])
    kept = [
        split_of(name, str(seed), *map(str, r)) for r in zip(number, colour)
    ]
    splits = np.where(np.array(kept) == "train", "train", "validation")
    splits = np.where(unseen, "test", splits)
    # Each combination is as frequent, however many places it has.
    weight = 1 / np.bincount(of_set)[of_set]
    items = _drawn(splits, weight, n, random)
    x = shapes.paint(number[items], shapes.colours(colour[items]), side)
    attributes = words[items].astype(np.float32)
    field = Field("attributes", (len(WORDS),), names=WORDS)
    return {"x": x, "attributes": attributes}, field


def _drawn(
    splits: Sequence[str],
    weight: np.ndarray,
    n: int,
    random: np.random.Generator,
) -> np.ndarray:
    """Draws n of M things, in the order that `split_arrays` cuts.

    Args:
      splits: [M], of each thing.
      weight: [M], how frequent it is.
      n: all splits together.
      random: draws.

    Returns:
      [n] numbers of things; a thing may come several times in its split.
    """
    counts = np.diff([0, n * 8 // 10, n * 9 // 10, n])
    splits, parts = np.asarray(splits), []
    for split, count in zip(SPLITS, counts):
        own = np.flatnonzero(splits == split)
        p = weight[own] / weight[own].sum()
        parts.append(random.choice(own, count, p=p))
    return np.concatenate(parts)

"""What a picture of `tfgen.data.scenes` shows, read off its pixels.

The shape is the one of all there are that overlaps most with what is not white;
its colour is the mean of the pixels where both are. Nothing is learnt.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from tfgen.data import shapes

_LEAST = 0.5  # overlap; a shape two places too far has less
_NEAR = 64.0  # levels: a colour is another one if any channel is farther off
_THERE = 140  # the least channel of what is not white; of a half, it is 147
_BLOCK = 500  # pictures at a time


@dataclasses.dataclass(frozen=True)
class Seen:
    """What N pictures show; -1 where it is unknown.

    Attributes:
      shape: [N], number of the shape, see `tfgen.data.shapes.Shapes`.
      colour: [N], place in `tfgen.data.shapes.COLOURS`.
      overlap: [N], of the shape and what is not white: their intersection over
        their union, 1 in a drawn picture.
    """

    shape: np.ndarray
    colour: np.ndarray
    overlap: np.ndarray

    def attribute(self, name: str) -> np.ndarray:
        """Returns kind, size, top or left of the shapes, [N]; -1 of none."""
        values = getattr(shapes.every(), name)[self.shape]
        return np.where(self.shape < 0, -1, values)


def foreground(pictures: np.ndarray) -> np.ndarray:
    """Returns what is clearly more than half of a colour, [N, H, W] bool.

    Args:
      pictures: [N, H, W, 3] levels 0 to 255.
    """
    return np.asarray(pictures, np.float32).min(-1) < _THERE


def judge(pictures: np.ndarray, outlined: bool = False) -> Seen:
    """Returns what pictures show.

    Args:
      pictures: [N, H, W, 3] levels 0 to 255.
      outlined: they are line drawings, whose colours are ignored.
    """
    blocks = range(0, len(pictures), _BLOCK)
    parts = [_judge(pictures[i : i + _BLOCK], outlined) for i in blocks]
    return Seen(
        *(
            np.concatenate([getattr(part, field.name) for part in parts])
            for field in dataclasses.fields(Seen)
        )
    )


def _judge(pictures, outlined):
    x = np.asarray(pictures, np.float32)
    N, side = x.shape[:2]
    seen = foreground(x).reshape(N, -1)
    masks = shapes.masks(side, outlined).reshape(-1, side**2)
    both = seen.astype(np.float32) @ masks.T.astype(np.float32)
    union = seen.sum(1)[:, None] + masks.sum(1) - both
    overlaps = both / union
    shape, overlap = overlaps.argmax(1), overlaps.max(1)
    known = overlap > _LEAST
    colour = np.full(N, -1)
    if not outlined:
        where = (seen & masks[shape])[..., None]
        count = np.maximum(where.sum(1), 1)
        mean = (x.reshape(N, -1, 3) * where).sum(1) / count
        palette = np.array(list(shapes.COLOURS.values()))
        off = np.abs(mean[:, None] - palette).max(2)
        near = known & (off.min(1) < _NEAR)
        colour = np.where(near, off.argmin(1), -1)
    return Seen(np.where(known, shape, -1), colour, overlap)


def darkness(
    pictures: np.ndarray, masks: np.ndarray, colour: np.ndarray
) -> np.ndarray:
    """Returns how much of a shape is there, [N]: 1 all, 0.5 a ghost.

    Args:
      pictures: [N, H, W, 3] levels 0 to 255.
      masks: [N, H, W] bool, where the shapes would be.
      colour: [N], place in `tfgen.data.shapes.COLOURS`.
    """
    away = (255.0 - pictures).sum(-1)
    whole = (255.0 - shapes.colours(colour)).sum(1)
    mean = (away * masks).sum((1, 2)) / masks.sum((1, 2))
    return mean / whole

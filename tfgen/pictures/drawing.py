"""A model to draw, and what its pictures share: noise, data, conditions."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import tensorflow as tf
from absl import logging

from tfgen.config import RunConfig
from tfgen.data import scenes
from tfgen.data.captions import attributes_of, captions_of
from tfgen.data.loaded import Data, gather
from tfgen.model import Model
from tfgen.projection import Search, noise_size
from tfgen.viz import images

Sheets = Iterator[tuple[str, np.ndarray]]  # names, and [H, W, C] uint8
Given = Mapping[str, np.ndarray]  # conditions, [N, ...]
_ATTRIBUTES = 8  # sets of attributes that samples are drawn with, a column each


@dataclasses.dataclass(frozen=True)
class Drawing:
    """Nothing is computed before it is asked for.

    Attributes:
      data: of the run.
      config: of the run.
      model: of images, points of the plane or a table; can `sample`, or
        `translate` images.
      count: of samples; None are 64 images, or 4,000 points or rows.
      temperature: factor on their noise.
      seed: of the noise.
      enlarge: also draw samples so many times as large.
      attributes: names of those that samples have, or a caption that says
        them; None are those of test images.
      traverse: also draw what each latent changes.
      complete: the part of images that is hidden, see
        `tfgen.projection.mask_of`; none is the lower half, of models with a
        way of their own to complete. If asked for, also projections.
    """

    data: Data
    config: RunConfig
    model: Model
    count: int | None = None
    temperature: float = 1.0
    seed: int = 0
    enlarge: Sequence[int] = ()
    attributes: str | Sequence[str] | None = None
    traverse: bool = False
    complete: str = ""

    @property
    def of_images(self) -> bool:
        """Whether the data are images."""
        return len(self.config.spec.shape) == 3

    def noise(self, count: int, search: Search | None = None) -> np.ndarray:
        """Returns [N, K] normal numbers, of samples or a search's starts."""
        random = np.random.default_rng(self.seed)
        size = noise_size(self.model, search)
        return random.standard_normal((count, size), np.float32)

    def examples(self, split: str, most: int) -> tuple[np.ndarray, Given]:
        """Returns the first x of a split, [N, ...], and their conditions."""
        batch = self.batch(split, most)
        return batch["x"], self.model.given(batch)

    def batch(self, split: str, most: int) -> dict[str, np.ndarray]:
        """Returns the first examples of a split, name -> [N, ...]."""
        return gather(self.data.eval_batches(split, self.config.train), most)

    def conditions(self, count: int) -> Given:
        """Returns those of a conditional model, which repeat: a column each.

        Labels 0, 1, …, K-1; or attributes of test images, or those asked for.
        """
        if not self.model.conditions:
            return {}
        columns = np.arange(count) % self.columns
        if "label" in self.model.conditions:
            return {"label": columns.astype(np.int32)}
        if self.attributes is not None:
            asked = attributes_of(self.attributes, self.model)
            return {"attributes": np.tile(asked, (count, 1))}
        _, given = self.examples("test", _ATTRIBUTES)
        return {n: v[columns % len(v)] for n, v in given.items()}

    def first_condition(self, count: int) -> Given:
        """Returns the first of `conditions`, so often."""
        return rows_of(self.conditions(1), [0] * count)

    @property
    def columns(self) -> int:
        """How many conditions there are to draw."""
        if "label" in self.model.conditions:
            return max(self.config.spec.num_classes, 1)
        return _ATTRIBUTES

    def by_condition(self, x: np.ndarray, repeats: int = 1) -> np.ndarray:
        """Returns a column a condition, again and again, under its name."""
        picture = self.sheet(x, repeats * self.columns)
        if names := self._names():
            picture = images.with_headings(picture, names * repeats)
        return picture

    def _names(self):
        """Of classes, or captions; none where conditions have none."""
        spec = self.config.spec
        if "label" in self.model.conditions:
            return spec.labels or tuple(map(str, range(spec.num_classes)))
        if scenes.WORDS not in [field.names for field in spec.fields]:
            return ()
        given = self.conditions(_ATTRIBUTES)["attributes"]
        return tuple(captions_of(row)[0] for row in given)

    def sheet(self, x: np.ndarray, columns: int) -> np.ndarray:
        """Returns images [..., H, W, C] in so many columns, [H', W', C]."""
        # Where the data are whole levels, k is not the lower end of [k, k + 1).
        x = x if self.config.data.dequantize else np.round(x)
        return images.sheet(x, columns, self.config.spec.levels)

    def pairs(self, x: np.ndarray, made: np.ndarray) -> np.ndarray:
        """Returns images beside what is made of them, four pairs a row."""
        return self.sheet(np.stack([sized(x, made), made], axis=1), 8)


def sized(x: np.ndarray, made: np.ndarray) -> np.ndarray:
    """Returns x as large as the images that a model makes, maybe smaller."""
    return tf.image.resize(x, made.shape[1:3], antialias=True).numpy()


def at_most(file: str, things: str, count: int, most: int) -> int:
    """Returns how many of `count` things are drawn, and says if not all."""
    if count > most:
        logging.warning(
            "%s: of %d %s, the first %d are drawn.", file, count, things, most
        )
    return min(count, most)


def rows_of(given: Given, rows: Sequence[int] | np.ndarray | slice) -> Given:
    """Returns some rows of conditions, in this order."""
    return {name: value[rows] for name, value in given.items()}

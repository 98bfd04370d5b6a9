"""Examples of two domains: `x`, and the field `y` that it may become."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf
from absl import logging

from tfgen.config import DataSpec, Field, TrainConfig
from tfgen.data import catalog
from tfgen.data.keys import digest, key
from tfgen.data.loaded import Examples
from tfgen.data.source import (
    SPLITS,
    ArraySource,
    RecordSource,
    Source,
    thinned,
)
from tfgen.data.two_folders import Unpaired
from tfgen.errors import UserError
from tfgen.nn.frames import frames_of

if TYPE_CHECKING:
    from tfgen.model import Noise

NAMED = "paired:A,B, unpaired:A,B, or drawn pairs"


class TwoDomains(Examples):
    """See `tfgen.data.loaded.Data`.

    Of data without pairs, or where `data.unpaired` says so, `y` of a training
    batch comes out of an endless row of its own. Of data that have pairs, the
    `x` of that row are then the even half of the training split, and the `y`
    the odd half: no pair is seen. Held-out batches keep their pairs. Without
    any, the first of both domains stand beside each other.
    """

    def __init__(self, config, seed, source=None, like=None):
        """See `Examples`; of a `TwoDomainDataConfig`.

        Raises:
          UserError: there is one domain, or a setting does not fit the data.
        """
        source = source or catalog.load(config, seed, like)
        files = config.name.startswith(catalog.TWO_FOLDERS)
        if config.crop_margin and not files:
            raise UserError(
                f"data.crop_margin={config.crop_margin}: expected 0, or data of"
                " two folders, which are read larger than they are cut."
            )
        apart = source if isinstance(source, Unpaired) else None
        if apart:
            source = _together(*apart)
        if not any(field.name == "y" for field in source.spec.fields):
            raise UserError(
                f"data={config.name}: has one domain; expected two: {NAMED}."
            )
        if config.direction == "b_to_a":
            source = _swapped(source)
            apart = apart and Unpaired(apart.y, apart.x)
        super().__init__(config, seed, source, like)
        if not apart and config.unpaired:
            self._check_jitter()
            apart = Unpaired(
                self.learnt.some_of_train(lambda place: place % 2 == 0),
                _second(
                    self.learnt.some_of_train(lambda place: place % 2 == 1)
                ),
            )
            self.spec = _with_y(self.spec, paired="held_out")
        elif apart and config.train_examples:
            count = config.train_examples
            apart = Unpaired(*(thinned(part, count) for part in apart))
        self._apart = apart

    def _check_jitter(self):
        """Frames of `y` cannot be told once `y` is alone."""
        if self.config.jitter and frames_of(_y(self.spec), self.spec.x) > 1:
            raise UserError(
                f"data.jitter={self.config.jitter}: y holds frames; expected 0"
                " with data.unpaired=true, or the other data.direction."
            )

    def size(self, split: str) -> int:
        """See `Data`; in training, that of the first domain."""
        if self._apart and split == "train":
            return self._apart.x.sizes[split]
        return super().size(split)

    def digest(self, split: str) -> str:
        """See `Data`."""
        if self._apart:
            return digest(*(source.digest(split) for source in self._apart))
        return super().digest(split)

    def train_batches(
        self,
        config: TrainConfig,
        noise: Mapping[str, Noise],
        start_step: int = 0,
        **replicas,
    ) -> tf.data.Dataset:
        """See `Data`."""
        if not self._apart:
            return super().train_batches(config, noise, start_step, **replicas)
        x = self._batches(
            self._apart.x, config, config.seed, start_step, noise, **replicas
        )
        # Another seed, else both would come in the same order.
        seed = key("second domain", config.seed)
        y = self._batches(
            self._apart.y, config, seed, start_step, {}, **replicas
        )
        return tf.data.Dataset.zip(x, y).map(lambda a, b: a | {"y": b["x"]})


def _with_y(spec: DataSpec, **changes: Any) -> DataSpec:
    """The data with a `y` that differs so."""
    fields = tuple(
        dataclasses.replace(field, **changes) if field.name == "y" else field
        for field in spec.fields
    )
    return dataclasses.replace(spec, fields=fields)


def _y(spec: DataSpec) -> Field:
    (y,) = (field for field in spec.fields if field.name == "y")
    return y


def _swapped(source: Source) -> Source:
    """The second domain as `x`, and the first as `y`."""
    spec, y = source.spec, _y(source.spec)
    swapped = dataclasses.replace(spec, shape=y.shape, levels=y.levels)
    swapped = _with_y(swapped, shape=spec.shape, levels=spec.levels)

    def swap(example: Mapping) -> dict:
        return {**example, "x": example["y"], "y": example["x"]}

    return source.mapped(swapped, swap)


def _second(source: Source) -> Source:
    """The second domain alone, as `x`."""
    y = _y(source.spec)
    spec = DataSpec(y.shape, y.levels)
    return source.mapped(spec, lambda example: {"x": example["y"]})


def _together(x: Source, y: Source) -> Source:
    """The first of both, beside each other."""
    spec = dataclasses.replace(
        x.spec,
        fields=(Field("y", y.spec.shape, y.spec.levels, paired="never"),),
    )
    sizes = {s: min(x.sizes[s], y.sizes[s]) for s in SPLITS}
    for split in SPLITS[1:]:
        if x.sizes[split] != y.sizes[split]:
            logging.warning(
                "Of the %s split, %d examples of the first and %d of the second"
                " domain, the first %d are measured.",
                split,
                x.sizes[split],
                y.sizes[split],
                sizes[split],
            )
    if isinstance(x, ArraySource) and isinstance(y, ArraySource):
        splits = {
            split: {
                **{k: a[:n] for k, a in x.splits[split].items()},
                "y": y.splits[split]["x"][:n],
            }
            for split, n in sizes.items()
        }
        return ArraySource(spec, splits)
    x, y = _as_records(x), _as_records(y)

    def records(split: str) -> tf.data.Dataset:
        both = tf.data.Dataset.zip(x.records(split), y.records(split))
        return both.map(lambda a, b: {"a": a, "b": b})

    def decode(record: Any, place: Any) -> dict[str, Any]:
        first = x.decode(record["a"], place)
        return {**first, "y": y.decode(record["b"], place)["x"]}

    here = x.here or y.here
    named = x.named + y.named
    return RecordSource(spec, sizes, records, decode, named, here=here)


def _as_records(source: Source) -> RecordSource:
    if isinstance(source, RecordSource):
        return source

    def records(split: str) -> tf.data.Dataset:
        arrays: dict[str, np.ndarray] = dict(source.splits[split])
        return tf.data.Dataset.from_tensor_slices(arrays)

    named = "".join(map(source.digest, SPLITS))
    return RecordSource(
        source.spec, source.sizes, records, lambda record, _: record, named
    )

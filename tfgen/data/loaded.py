"""Data as a run uses them: every kind offers the same few methods."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np
import tensorflow as tf
import tqdm
from absl import logging

from tfgen.config import DataSpec, TrainConfig
from tfgen.data import catalog, pipeline
from tfgen.data.service import by_service
from tfgen.data.settings import DataConfig
from tfgen.data.source import (
    SPLITS,
    ArraySource,
    RecordSource,
    Source,
    binarized,
    thinned,
    with_classes,
)
from tfgen.errors import UserError

if TYPE_CHECKING:
    from tfgen.model import Model, Noise

T = TypeVar("T")

# Held-out data need no small batches: nothing is kept for a gradient.
_EVAL_BATCH_SIZE = 256


class Data(Protocol):
    """Loaded data.

    Attributes:
      spec: what a model may know of them.
      noisy: whether held-out batches differ from draw to draw.
    """

    spec: DataSpec
    noisy: bool

    def size(self, split: str) -> int:
        """Returns the number of examples of a split."""

    def digest(self, split: str) -> str:
        """Returns a hash of the examples of a split."""

    def train_batches(
        self,
        config: TrainConfig,
        noise: Mapping[str, Noise],
        start_step: int = 0,
        num_replicas: int = 1,
        worker: int = 0,
        num_workers: int = 1,
    ) -> tf.data.Dataset:
        """Returns batches for the steps `start_step` to `config.steps`.

        Args:
          config: seed, size and number of batches.
          noise: see `tfgen.model.Model`.
          start_step: of a run that resumes.
          num_replicas: over all workers; one element for each in turn.
          worker: which worker asks.
          num_workers: how many there are.
        """

    def eval_batches(
        self,
        split: str,
        config: TrainConfig,
        draw: int = 0,
        noise: Mapping[str, Noise] | None = None,
    ) -> tf.data.Dataset:
        """Returns all examples of a split once.

        Args:
          split: "train", "validation" or "test".
          config: seed and size of batches.
          draw: which draw of all noise.
          noise: see `tfgen.model.Model`.
        """

    def initialize(self, model: Model) -> None:
        """Gives a new model what it starts from besides random numbers."""


def gather(
    batches: Iterable[Mapping[str, np.ndarray]], most: int | None = None
) -> dict[str, np.ndarray]:
    """Returns batches as one, in memory.

    Args:
      batches: at least one, each name -> [B, ...].
      most: examples to take; None takes all.
    """
    parts, n = [], 0
    for batch in batches:
        parts.append(batch)
        n += len(next(iter(batch.values())))
        if most and n >= most:
            break
    return {
        name: np.concatenate([part[name] for part in parts])[:most]
        for name in parts[0]
    }


def in_memory(source: RecordSource) -> ArraySource:
    """Returns the same examples, all of them decoded."""
    splits = {}
    for split in SPLITS:
        batches = tqdm.tqdm(
            pipeline.in_order(source, split).batch(256).as_numpy_iterator(),
            desc=f"Reading {split}",
            total=-(-source.sizes[split] // 256),
            disable=None,  # unless stderr is a terminal
        )
        splits[split] = gather(batches)
    return ArraySource(source.spec, splits)


def standardized_as(source: Source, like: DataSpec) -> Source:
    """Returns examples whose spec says what a model standardizes by.

    Args:
      source: of the examples.
      like: what the model was built with.
    """
    held = {field.name: field.numbers for field in like.fields}
    fields = tuple(
        dataclasses.replace(field, numbers=held.get(field.name, ()))
        for field in source.spec.fields
    )
    spec = dataclasses.replace(source.spec, numbers=like.numbers, fields=fields)
    return dataclasses.replace(source, spec=spec)


def first_of(data: Data, split: str, config: TrainConfig, most: int) -> dict:
    """Returns the first `most` examples of a split, and says if it has more."""
    if (size := data.size(split)) > most:
        logging.warning(
            "Of the %d %s examples, the first %d are used.", size, split, most
        )
    return gather(data.eval_batches(split, config), most)


@contextlib.contextmanager
def damage_in_words(
    name: str,
    kinds: type | tuple[type, ...] = tf.errors.DataLossError,
    skippable: bool = True,
) -> Iterator[None]:
    """Turns TensorFlow's errors of damaged records into a `UserError`.

    Args:
      name: of the data.
      kinds: of errors.
      skippable: such records can be left out.
    """
    try:
        yield
    except kinds as error:
        advice = ", or skip such records with data.skip_bad_records=true"
        if not skippable or name.startswith(catalog.RECORDS_PREFIX):
            advice = ""  # their number is known, and held to
        raise UserError(
            f"data={name}: damaged ({first_line(error)}); prepare it"
            f" again{advice}."
        ) from error


def reads_data(function: Callable[..., T]) -> Callable[..., T]:
    """Decorates what reads the data of a run, its first argument.

    Records may be damaged, and are read late: see `damage_in_words`.
    """

    @functools.wraps(function)
    def reading(run, *args, **kwargs):
        try:
            return function(run, *args, **kwargs)
        except tf.errors.DataLossError:
            with damage_in_words(run.config.data.name):
                raise

    return reading


def first_line(error: Exception) -> str:
    """Returns what TensorFlow's error says, without where."""
    lines = [line.strip() for line in str(error).splitlines()]
    return next((s for s in lines if s), type(error).__name__)[:200]


class Examples:
    """Images or points, one by one; see `Data`."""

    def __init__(
        self,
        config: DataConfig,
        seed: int,
        source: Source | None = None,
        like: DataSpec | None = None,
    ):
        """Loads what `config` names, unless there is a `source`.

        Args:
          config: see `DataConfig`.
          seed: of data that are drawn.
          source: instead of what is named.
          like: what a model was built with: its classes, of which these may be
            some, and what it standardizes by.
        """
        self.config = config
        self.source = with_classes(
            source or catalog.load(config, seed, like),
            like,
            f"data={config.name}",
            numbered=catalog.of_arrays(config.name),
        )
        if like:
            self.source = standardized_as(self.source, like)
        if config.binarize:
            self.source = binarized(self.source, config.binarize)
        self.learnt = self.source
        if config.train_examples:
            self.learnt = thinned(self.source, config.train_examples)
        self.spec = self.source.spec
        self.noisy = self.spec.x.discrete and config.dequantize

    def size(self, split: str) -> int:
        """See `Data`."""
        return self.source.sizes[split]

    def digest(self, split: str) -> str:
        """See `Data`."""
        return self.source.digest(split)

    def train_batches(self, config, noise, start_step=0, **replicas):
        """See `Data`."""
        return self._batches(
            self.learnt, config, config.seed, start_step, noise, **replicas
        )

    def _batches(self, source, config, seed, start_step, noise, **replicas):
        batches = pipeline.train_batches(
            source,
            batch_size=config.batch_size,
            seed=seed,
            num_steps=config.steps,
            start_step=start_step,
            steps_per_call=config.steps_per_call,
            flip=self.config.flip,
            jitter=self.config.jitter,
            dequantize=self.config.dequantize,
            noise=noise,
            **replicas,
        )
        if not self.config.data_service:
            return batches
        if source.here:
            raise UserError(
                f"data.data_service: {self.config.name} is larger than memory"
                " and decoded by Python, which a service cannot call;"
                " prepare records of it first, and train on these."
            )
        local = replicas.get("num_replicas", 1)
        local //= replicas.get("num_workers", 1)
        return by_service(
            batches,
            self.config.data_service,
            start_step,
            config.steps_per_call,
            local,
        )

    def eval_batches(self, split, config, draw=0, noise=None):
        """See `Data`."""
        return pipeline.eval_batches(
            self.source,
            split,
            batch_size=max(config.batch_size, _EVAL_BATCH_SIZE),
            seed=config.seed,
            draw=draw,
            dequantize=self.config.dequantize,
            noise=noise,
        )

    def initialize(self, model):
        """See `Data`."""

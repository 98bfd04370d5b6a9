"""Writes any data as a folder of records; see `records` for the format.

A shard gets its name when it is whole, and whole ones stay. So a killed process
goes on where it was, by the same call, which also mends a folder.
`records.json` says at first what will be there, and in the end what is.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import itertools
import json
import math
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import tensorflow as tf
import tqdm
from absl import logging

from tfgen import beam
from tfgen.data.keys import digest
from tfgen.data.pipeline import in_order
from tfgen.data.records import (
    FILE,
    TEXT,
    Contents,
    Shard,
    encoded_text,
    read,
)
from tfgen.data.settings import refuse_unread
from tfgen.data.source import SPLITS, ArraySource, Source
from tfgen.errors import UserError
from tfgen.files import replacing, write_text

# Settings of how data are trained on, which a folder has no say in.
_OF_TRAINING = (
    "train_examples",
    "flip",
    "jitter",
    "binarize",
    "dequantize",
    "data_service",
    "direction",
    "unpaired",
    "lower",
    "min_count",
    "max_length",
    "glove",
)

_ROWS = 32  # of shards, for Beam's workers


class SourceConfig(Protocol):
    """Settings of data, such as `tfgen.data.settings.DataConfig`."""

    name: str

    def source(self, seed: int) -> Source:
        """See there."""


def prepare(
    config: SourceConfig,
    seed: int,
    folder: pathlib.Path,
    examples: int = 10_000,
    runner: Sequence[str] | None = None,
) -> Contents:
    """Writes a folder of records; goes on with one that is not finished.

    Args:
      config: name of the data, and how they are read.
      seed: of data that are drawn.
      folder: to write to.
      examples: of a shard, at most.
      runner: options of Apache Beam's pipeline, `--runner=…`, whose workers
        write the shards; None for this process.

    Returns:
      What the folder holds.

    Raises:
      UserError: a bad setting or file, a folder of other data, one that cannot
        be written, or no Apache Beam.
    """
    default = type(config)()
    for name in _OF_TRAINING:
        if getattr(config, name, None) != getattr(default, name, None):
            raise UserError(
                f"data.{name}: says how to train, and changes no file; leave it"
                " out here, and give it to the training."
            )
    refuse_unread(config, default)
    if examples < 1:
        raise UserError(f"shard_examples={examples}: expected at least 1.")
    source = config.source(seed)
    contents = _plan(source, config.name, examples)
    _begin(folder, contents)
    if runner is not None:
        missing = [
            shard
            for shard in contents.shards
            if not _is_whole(folder / shard.name, shard)
        ]
        write = functools.partial(
            _write_of,
            config=config,
            seed=seed,
            folder=folder,
            contents=contents,
        )
        beam.each(write, _rows_of_shards(missing), runner)
    progress = tqdm.tqdm(contents.shards, desc="Shards", disable=None)
    reader = Reader(source)
    shards = [write_shard(folder, contents, reader, s) for s in progress]
    contents = dataclasses.replace(contents, shards=tuple(shards))
    _write(folder, contents)
    return contents


def _write_of(shards, config, seed, folder, contents) -> None:
    reader = Reader(_source(config, seed))
    for shard in shards:
        write_shard(folder, contents, reader, shard)


def _rows_of_shards(shards: Sequence[Shard]) -> list[list[Shard]]:
    """Cuts shards into rows for workers.

    A worker reads all that comes before its row, so there are few rows.
    """
    length = math.ceil(len(shards) / _ROWS) or 1
    return [list(shards[i : i + length]) for i in range(0, len(shards), length)]


@functools.lru_cache(1)
def _source(config: SourceConfig, seed: int) -> Source:
    return config.source(seed)


def _plan(source: Source, name: str, examples: int) -> Contents:
    """Returns what a folder of a source will hold.

    Args:
      source: of examples.
      name: of the data.
      examples: of a shard.
    """
    shards = []
    for split, size in source.sizes.items():
        count = max(1, math.ceil(size / examples))
        for i in range(count):
            start, stop = size * i // count, size * (i + 1) // count
            file = f"{split}-{i:05}-of-{count:05}.tfrecord"
            shards.append(Shard(split, file, start, stop - start))
    first = next(_rows_from(source, SPLITS[0], 0))
    if _is_cut_at_random(source):
        logging.warning(
            "%s: cut at random while training; here, at the centre.", name
        )
    return Contents(
        name,
        digest(*map(source.digest, source.sizes)),
        source.spec,
        tuple(first),
        tuple(
            TEXT if isinstance(value, str) else value.dtype.name
            for value in first.values()
        ),
        tuple(shards),
    )


class Reader:
    """Reads the shards of a source; those in a row, in one pass."""

    def __init__(self, source: Source):
        """Opens nothing yet."""
        self._source = source
        self._next: tuple[str, int] | None = None

    def examples(self, shard: Shard) -> Iterator[Mapping[str, Any]]:
        """Yields the examples of a shard, as arrays."""
        if self._next != (shard.split, shard.start):
            self._rows = _rows_from(self._source, shard.split, shard.start)
        self._next = None  # if the shard is left half-way
        yield from itertools.islice(self._rows, shard.examples)
        self._next = shard.split, shard.start + shard.examples


def _rows_from(source: Source, split: str, start: int) -> Iterator[dict]:
    """Yields the examples of a split from a place on."""
    if isinstance(source, ArraySource):
        arrays = source.splits[split]
        for i in range(start, source.sizes[split]):
            yield {name: values[i] for name, values in arrays.items()}
        return
    part = dataclasses.replace(
        source, records=lambda split: source.records(split).skip(start)
    )
    for example in in_order(part, split):
        yield {name: value.numpy() for name, value in example.items()}


def write_shard(
    folder: pathlib.Path, contents: Contents, reader: Reader, shard: Shard
) -> Shard:
    """Writes a shard, unless it is there whole; returns it, size and hash.

    Args:
      folder: of the shards.
      contents: see `plan`.
      reader: of the examples.
      shard: which.

    Raises:
      UserError: it could not be written, or the source has fewer examples than
        it says.
    """
    path = folder / shard.name
    if not _is_whole(path, shard):
        found = 0
        with replacing(path) as partial:
            with tf.io.TFRecordWriter(str(partial)) as writer:
                for example in reader.examples(shard):
                    writer.write(_encoded(contents, example))
                    found += 1
            if found != shard.examples:
                raise UserError(
                    f"data={contents.data}: {found} examples of {shard.name};"
                    f" expected {shard.examples}."
                )
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return dataclasses.replace(shard, bytes=path.stat().st_size, sha256=sha256)


def _is_whole(path: pathlib.Path, shard: Shard) -> bool:
    """Returns whether a file has a shard's records, all undamaged."""
    if not path.exists():
        return False
    records = tf.data.TFRecordDataset(str(path))
    try:
        return shard.examples == int(records.reduce(0, lambda n, _: n + 1))
    except tf.errors.DataLossError as error:
        reason = str(error).partition("\n")[0]
        logging.warning("%s: damaged (%s); it is written anew.", path, reason)
        return False


def _encoded(contents: Contents, example: Mapping[str, Any]) -> bytes:
    features = {}
    for name, kind in zip(contents.fields, contents.types):
        value = example[name]
        if kind == TEXT:
            content = encoded_text(value)
        else:
            little = np.dtype(kind).newbyteorder("<")
            content = np.asarray(value, little).tobytes()
        features[name] = tf.train.Feature(
            bytes_list=tf.train.BytesList(value=[content])
        )
    found = tf.train.Example(features=tf.train.Features(feature=features))
    return found.SerializeToString(deterministic=True)


def _begin(folder: pathlib.Path, contents: Contents) -> None:
    """Lets a folder be written, or gone on with.

    Raises:
      UserError: it holds other data, or cannot be written.
    """
    path = folder / FILE
    if path.exists():
        held = read(path)
        planned = [
            dataclasses.replace(shard, bytes=0, sha256="")
            for shard in held.shards
        ]
        if dataclasses.replace(held, shards=tuple(planned)) != contents:
            raise UserError(
                f"output={folder}: holds other data, or other shards, of"
                f" {held.data}; name another folder."
            )
    else:
        _write(folder, contents)


def _write(folder: pathlib.Path, contents: Contents) -> None:
    """Writes what a folder holds."""
    text = json.dumps(dataclasses.asdict(contents), indent=1) + "\n"
    write_text(folder / FILE, text)


def _is_cut_at_random(source: Source) -> bool:
    """Returns whether examples depend on the place of a crop."""
    if isinstance(source, ArraySource):
        return False
    (record,) = source.records(SPLITS[0]).take(1)
    cut = (source.decode(record, tf.fill([2], p))["x"] for p in (0.0, 0.5))
    return not np.array_equal(*cut)

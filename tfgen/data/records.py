"""A folder of TFRecord shards, as `apps.prepare` writes it.

    records.json                    what is there: the spec, and each shard with
                                    its number of examples, bytes and SHA-256
    train-00000-of-00016.tfrecord   examples in the order of the source

A record is a `tf.train.Example`: each field as the bytes of its numbers, in the
order of rows, little-endian, or as text. Nothing is compressed: reading costs a
copy. The
examples are those of the source, to the bit and in its order, so a folder that
fits into memory (`source.MEMORY_BUDGET`) gives the batches that its source
gives; a larger one is read as needed.
"""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable

import tensorflow as tf

from tfgen.config import DataSpec, SettingError, from_dict
from tfgen.data.keys import digest
from tfgen.data.loaded import damage_in_words, in_memory
from tfgen.data.settings import DataConfig
from tfgen.data.source import (
    SPLITS,
    RecordSource,
    Source,
    fits_in_memory,
    say_read,
)
from tfgen.errors import UserError
from tfgen.files import read_json

FILE = "records.json"
TEXT = "text"  # type of a field; UTF-8
_BUFFER = 8 << 20  # bytes of a read
_AT_ONCE = 256  # examples


@dataclasses.dataclass(frozen=True)
class Shard:
    """A file of examples.

    Attributes:
      split: of its examples.
      name: of the file.
      start: place in the split of its first example.
      examples: how many.
      bytes: size of the file; 0 until it is written.
      sha256: of the file.
    """

    split: str
    name: str
    start: int
    examples: int
    bytes: int = 0
    sha256: str = ""


@dataclasses.dataclass(frozen=True)
class Contents:
    """What `records.json` holds.

    Attributes:
      data: name of the source.
      digest: of its examples.
      spec: of its data.
      fields: of an example, in the order of the source's.
      types: of their numbers, or `TEXT`.
      shards: all files.
    """

    data: str
    digest: str
    spec: DataSpec
    fields: tuple[str, ...]
    types: tuple[str, ...]
    shards: tuple[Shard, ...]


def read(path: pathlib.Path) -> Contents:
    """Reads `records.json`.

    Raises:
      UserError: it is missing or damaged.
    """
    try:
        return from_dict(Contents, read_json(path))
    except OSError:
        raise UserError(
            f"data=records:{path.parent}: has no {path.name}; name a folder"
            " of prepared data."
        ) from None
    except SettingError as error:
        raise UserError(f"{path}: {error}") from None


def opened(
    folder: str, skip_bad_records: bool
) -> tuple[pathlib.Path, Contents]:
    """Returns a folder whose files are all there, and what it holds.

    Args:
      folder: that `apps.prepare` wrote.
      skip_bad_records: what the user said.

    Raises:
      UserError: there is none, it is not finished, a file is missing or of
        another size, or bad records are to be skipped.
    """
    if skip_bad_records:
        raise UserError(
            "data.skip_bad_records: what is bad was skipped when the data were"
            " prepared; leave it out here."
        )
    root = pathlib.Path(folder).expanduser()
    contents = read(root / FILE)
    for shard in contents.shards:
        path = root / shard.name
        if pathlib.PurePath(shard.name).name != shard.name:
            raise UserError(f"{root / FILE}: {shard.name!r:.60}: no file name.")
        size = path.stat().st_size if path.exists() else -1
        if not shard.sha256 or size != shard.bytes:
            raise UserError(
                f"data=records:{folder}: {shard.name} is missing, or not whole;"
                " prepare the same data again."
            )
    return root, contents


def load(folder: str, config: DataConfig) -> Source:
    """Opens a folder of records.

    Args:
      folder: that `apps.prepare` wrote.
      config: without `skip_bad_records`.

    Raises:
      UserError: see `opened`; or a file is damaged, or holds sentence pairs.
    """
    name = f"records:{folder}"
    root, contents = opened(folder, config.skip_bad_records)
    if TEXT in contents.types:
        raise UserError(
            f"data={name}: holds text, of {contents.data}; expected images or"
            " numbers, which the model takes."
        )
    sizes = {
        split: sum(s.examples for s in contents.shards if s.split == split)
        for split in SPLITS
    }
    source = RecordSource(
        contents.spec,
        sizes,
        _records(root, contents),
        lambda example, place: example,
        digest(*(shard.sha256 for shard in contents.shards)),
        ready=True,
    )
    if fits_in_memory(sum(sizes.values()), contents.spec):
        with damage_in_words(name):
            source = in_memory(source)
    say_read(name, source, what="examples")
    return source


def encoded_text(text: str) -> bytes:
    """Returns UTF-8; JSON files may hold halves of characters."""
    return text.encode(errors="surrogatepass")


def _records(
    root: pathlib.Path, contents: Contents
) -> Callable[[str], tf.data.Dataset]:
    """Split -> examples; decoded many at once, which takes a seventh."""
    spec = contents.spec
    shapes = {"x": spec.shape} | {f.name: f.shape for f in spec.fields}
    wanted = {
        name: tf.io.FixedLenFeature([], tf.string) for name in contents.fields
    }

    def decode(records: tf.Tensor) -> dict[str, tf.Tensor]:
        found = tf.io.parse_example(records, wanted)
        return {
            name: tf.reshape(
                tf.io.decode_raw(found[name], kind), [-1, *shapes.get(name, ())]
            )
            for name, kind in zip(contents.fields, contents.types)
        }

    def records(split: str) -> tf.data.Dataset:
        paths = [
            str(root / s.name) for s in contents.shards if s.split == split
        ]
        read = tf.data.TFRecordDataset(paths, buffer_size=_BUFFER)
        decoded = read.batch(_AT_ONCE).map(
            decode, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
        )
        return decoded.unbatch()

    return records

"""Sources: examples that are split, but neither shuffled nor batched.

An example is a dict: `x`, and `label` (int32) if there are classes. Gray levels
stay as they come (uint8 in [0, levels)); noise and batches are the pipeline's.
"""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from absl import logging

from tfgen.config import DataSpec
from tfgen.data.keys import digest, fraction, key
from tfgen.errors import UserError

SPLITS = ("train", "validation", "test")

# Images of at most this many bytes, all splits together, are held in memory.
MEMORY_BUDGET = 1 << 30

# Fields of one example or of many, arrays or tensors -> the same, changed.
Change = Callable[[Mapping[str, Any]], Mapping[str, Any]]
# Places in a split, an array or a tensor -> whether they stay.
Kept = Callable[[Any], Any]


@dataclasses.dataclass(frozen=True)
class ArraySource:
    """Examples held in memory.

    Attributes:
      spec: shape, levels and classes.
      splits: split -> {"x": [n, *shape] uint8 or float32, "label": [n] int32},
        without "label" if there are no classes; of sentence pairs, as they are
        written to records, [n] objects, which are text.
    """

    spec: DataSpec
    splits: Mapping[str, Mapping[str, np.ndarray]]
    here: ClassVar[bool] = False  # see `RecordSource`

    @property
    def sizes(self) -> dict[str, int]:
        """The number of examples in each split."""
        return {
            name: len(next(iter(split.values())))
            for name, split in self.splits.items()
        }

    def digest(self, split: str) -> str:
        """Returns a hash of the examples of a split."""
        return digest(*self.splits[split].values())

    def mapped(self, spec: DataSpec, change: Change) -> ArraySource:
        """Returns the examples after a change; `spec` describes them then."""
        splits = {
            split: {k: np.asarray(a) for k, a in change(columns).items()}
            for split, columns in self.splits.items()
        }
        return ArraySource(spec, splits)

    def some_of_train(self, kept: Kept) -> ArraySource:
        """Returns the examples with some of the training split."""
        rows = np.asarray(kept(np.arange(self.sizes["train"])), bool)
        train = {name: a[rows] for name, a in self.splits["train"].items()}
        return ArraySource(self.spec, {**self.splits, "train": train})


@dataclasses.dataclass(frozen=True)
class RecordSource:
    """Examples read and decoded as they are needed.

    Attributes:
      spec: shape, levels and classes.
      sizes: the number of examples in each split.
      records: split -> unbatched `tf.data.Dataset` of that many raw records, in
        a fixed order.
      decode: (record, place) -> one example. `place` is [2] float32 in [0, 1):
        where a crop is taken, down and across; 0.5 is the centre.
      named: what the examples are known by without being read: a version, or
        the names of files.
      ready: records are examples. `decode` takes many at once, and no place:
        calling it for each costs ten times what reading does.
      here: `decode` calls Python, which no other process can.
    """

    spec: DataSpec
    sizes: Mapping[str, int]
    records: Callable[[str], Any]
    decode: Callable[[Any, Any], dict[str, Any]]
    named: str = ""
    ready: bool = False
    here: bool = False

    def digest(self, split: str) -> str:
        """Returns a hash of the name and the size of a split."""
        return digest(self.named, split, self.sizes[split])

    def mapped(self, spec: DataSpec, change: Change) -> RecordSource:
        """See `ArraySource`."""
        return dataclasses.replace(
            self, spec=spec, decode=lambda *args: change(self.decode(*args))
        )

    def some_of_train(self, kept: Kept) -> RecordSource:
        """See `ArraySource`."""

        def records(split: str) -> Any:
            found = self.records(split)
            if split != "train":
                return found
            places = found.enumerate().filter(lambda place, _: kept(place))
            return places.map(lambda _, record: record)

        count = int(np.sum(kept(np.arange(self.sizes["train"]))))
        sizes = {**self.sizes, "train": count}
        return dataclasses.replace(self, sizes=sizes, records=records)


Source = ArraySource | RecordSource


def with_classes(
    source: Source,
    like: DataSpec | None,
    argument: str,
    numbered: bool = False,
) -> Source:
    """Returns the examples with classes numbered as a model numbers them.

    Args:
      source: of some of these classes; if it has no names, it is returned.
      like: what the model knows of its data; if that is no names, the source
        is returned.
      argument: what the user said, for errors.
      numbered: classes without names have their numbers as names.

    Raises:
      UserError: the source has another class.
    """
    spec = source.spec
    labels = _names(like, numbered) if like else ()
    given = _names(spec, numbered)
    if not labels or not given or labels == given:
        return source
    numbers = class_numbers(given, labels)
    if (numbers < 0).any():
        unknown = unicodedata.normalize("NFC", given[numbers.argmin()])
        raise UserError(
            f"{argument}: has a class {unknown}; expected those that the model"
            f" was trained on, {', '.join(labels):.200}."
        )
    spec = dataclasses.replace(
        spec, num_classes=len(labels), labels=like.labels
    )

    def renumbered(example: Mapping[str, Any]) -> dict[str, Any]:
        import tensorflow as tf

        return {**example, "label": tf.gather(numbers, example["label"])}

    return source.mapped(spec, renumbered)


def class_numbers(
    names: Sequence[str | None], labels: Sequence[str]
) -> np.ndarray:
    """Returns numbers of classes, [N] int32; -1 for names of none."""
    number = {unicodedata.normalize("NFC", c): i for i, c in enumerate(labels)}
    found = [unicodedata.normalize("NFC", name or "") for name in names]
    return np.array([number.get(name, -1) for name in found], np.int32)


def _names(spec: DataSpec, numbered: bool) -> tuple[str, ...]:
    """The names of classes; of those without, their numbers if that is so."""
    numbers = map(str, range(spec.num_classes if numbered else 0))
    return spec.labels or tuple(numbers)


def binarized(source: Source, threshold: int) -> Source:
    """Returns the examples with two gray levels.

    Args:
      source: of more gray levels.
      threshold: levels from here on are 1, those below are 0. Two levels stay
        as they are, whatever a preset for others says.

    Raises:
      UserError: the data have no such level.
    """
    levels = source.spec.levels
    if levels == 2:
        return source
    if not 0 < threshold < levels:
        expected = f"1 to {levels - 1}" if levels else "0 for real numbers"
        raise UserError(f"data.binarize={threshold}: expected {expected}.")
    spec = dataclasses.replace(source.spec, levels=2)

    def two_levels(example: Mapping[str, Any]) -> dict[str, Any]:
        import tensorflow as tf

        return {**example, "x": tf.cast(example["x"] >= threshold, tf.uint8)}

    return source.mapped(spec, two_levels)


def thinned(source: Source, count: int) -> Source:
    """Returns the examples with `count` of the training split, evenly spaced.

    Args:
      source: if it has no more, that is said, and it is returned.
      count: at least 1.
    """
    total = source.sizes["train"]
    if count > total:
        logging.warning(
            "data.train_examples=%d: there are %d; all are used.", count, total
        )
    if count >= total:
        return source

    return source.some_of_train(lambda place: place * count % total < count)


def by_name(names: Iterable[str]) -> tuple[str, ...]:
    """Returns classes in order: numbers in theirs, others by code point.

    Args:
      names: of classes.
    """
    try:
        return tuple(sorted(names, key=float))
    except ValueError:
        return tuple(sorted(names))


def say_read(
    name: str,
    source: Source,
    remarks: Sequence[str] = (),
    what: str = "images",
) -> None:
    """Logs what was read in one line.

    Args:
      name: of the data.
      source: what was read.
      remarks: on what was not, or otherwise than it is.
      what: the examples are, in words.
    """
    sizes = ", ".join(f"{n:,} {split}" for split, n in source.sizes.items())
    count, classes = sum(source.sizes.values()), source.spec.num_classes
    of = f" of {classes:,} classes" if classes else ""
    read = f"read {count:,} {what}{of}: {sizes}"
    logging.warning("%s: %s.", name, "; ".join([read, *remarks]))


def split_of(*names: str) -> str:
    """Returns the split of an example, by a hash of its names."""
    return split_at(fraction(*names))


def split_at(place: float) -> str:
    """Returns the split at a place in [0, 1).

    80 % are train, 10 % each validation and test.
    """
    return SPLITS[(place >= 0.8) + (place >= 0.9)]


def fits_in_memory(num_examples: int, spec: DataSpec) -> bool:
    """Returns whether so many images of one byte a value may stay in memory."""
    return num_examples * spec.size <= MEMORY_BUDGET


def split_arrays(
    spec: DataSpec, examples: Mapping[str, np.ndarray]
) -> ArraySource:
    """Returns the first 80 % as train, then 10 % each validation and test."""
    n = len(examples["x"])
    cuts = (0, n * 8 // 10, n * 9 // 10, n)
    return ArraySource(
        spec,
        {
            split: {name: a[start:end] for name, a in examples.items()}
            for split, start, end in zip(SPLITS, cuts, cuts[1:])
        },
    )


def mixed_order(
    name: str, count: int, label: np.ndarray | None = None
) -> np.ndarray:
    """Returns an order that spreads each class evenly.

    Args:
      name: other names give other orders.
      count: N, of the examples.
      label: [N] whole numbers from 0 on; None if there are none.

    Returns:
      [N] places.
    """
    # By hash, since NumPy does not promise that its next version permutes in
    # the same way.
    order = np.array(sorted(range(count), key=lambda i: key(name, i)))
    if label is None:
        return order
    place = np.empty(count)  # in the order of the class, from 0 to 1
    for c in np.unique(label):
        of_class = label[order] == c
        n = of_class.sum()
        place[of_class] = (np.arange(n) + 0.5) / n
    return order[np.argsort(place, kind="stable")]

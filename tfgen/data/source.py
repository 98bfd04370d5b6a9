"""Sources: examples that are split, but neither shuffled nor batched.

An example is a dict: `x`, and `label` (int32) if there are classes. Gray levels
stay as they come (uint8 in [0, levels)); noise and batches are the pipeline's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tfgen.config import DataSpec

SPLITS = ("train", "validation", "test")

# Images of at most this many bytes, all splits together, are held in memory.
MEMORY_BUDGET = 1 << 30


@dataclasses.dataclass(frozen=True)
class ArraySource:
    """Examples held in memory.

    Attributes:
      spec: shape, levels and classes.
      splits: split -> {"x": [n, *shape] uint8 or float32, "label": [n] int32},
        without "label" if there are no classes.
    """

    spec: DataSpec
    splits: Mapping[str, Mapping[str, np.ndarray]]

    @property
    def sizes(self) -> dict[str, int]:
        """The number of examples in each split."""
        return {name: len(split["x"]) for name, split in self.splits.items()}


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
    """

    spec: DataSpec
    sizes: Mapping[str, int]
    records: Callable[[str], Any]
    decode: Callable[[Any, Any], dict[str, Any]]


Source = ArraySource | RecordSource


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

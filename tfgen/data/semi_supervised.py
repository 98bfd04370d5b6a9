"""Data with labels hidden for most training examples."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from tfgen.config import DataSpec, TrainConfig
from tfgen.data.keys import key
from tfgen.data.loaded import Examples
from tfgen.data.settings import DataConfig, SemiSupervisedDataConfig
from tfgen.data.source import ArraySource, Source
from tfgen.errors import UserError

if TYPE_CHECKING:
    from tfgen.model import Noise

Split = Mapping[str, np.ndarray]

HIDDEN = "hidden"  # all examples whose labels no training sees


class FewLabels(Examples):
    """See `tfgen.data.loaded.Data`.

    A training batch has no `label`, but beside its `x` as many labelled
    examples, `labelled_x` and `labelled_label`, out of their own endless row.
    The split `HIDDEN` is the rest of the training split, and the test split.
    """

    def __init__(
        self,
        config: SemiSupervisedDataConfig,
        seed: int,
        source: Source | None = None,
        like: DataSpec | None = None,
    ):
        """Loads what `config` names, and chooses by the seed what is shown.

        Raises:
          UserError: there are not as many labels.
        """
        super().__init__(config, seed, source, like)
        shown, hidden = _divided(self.source, config, seed)
        self.shown = ArraySource(self.spec, {"train": shown})
        splits = {**self.source.splits, HIDDEN: hidden}
        self.source = dataclasses.replace(self.source, splits=splits)

    def train_batches(
        self,
        config: TrainConfig,
        noise: Mapping[str, Noise],
        start_step: int = 0,
        **replicas,
    ) -> tf.data.Dataset:
        """See `Data`."""
        every = self._batches(
            self.learnt, config, config.seed, start_step, noise, **replicas
        )
        # Another seed, else both would come in the same order.
        seed = key("labelled", config.seed)
        shown = self._batches(
            self.shown, config, seed, start_step, {}, **replicas
        )

        def join(batch, labelled):
            hidden = {n: t for n, t in batch.items() if n != "label"}
            return hidden | {
                "labelled_x": labelled["x"],
                "labelled_label": labelled["label"],
            }

        return tf.data.Dataset.zip(every, shown).map(join)


def balanced(label: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Returns which examples show their label: as many of each class.

    Args:
      label: [N] int, of all examples.
      count: how many are wanted, at most N. What cannot be divided among the
        classes, or is missing in one, comes from others.
      seed: of the choice.

    Returns:
      [count] int, places in `label`.
    """
    order = [key("label", seed, i) for i in range(len(label))]
    rank = np.empty(len(label), np.int64)  # in its class
    for c in np.unique(label):
        places = np.flatnonzero(label == c)
        by_key = places[np.argsort([order[i] for i in places])]
        rank[by_key] = np.arange(len(places))
    return np.lexsort((order, rank))[:count]


def _divided(
    source: Source, config: DataConfig, seed: int
) -> tuple[Split, Split]:
    """The examples that show their labels, and those that never do."""
    argument = f"data.labels={config.labels}"
    classes = source.spec.num_classes
    if not classes:
        raise UserError(f"data={config.name}: has no labels to learn from.")
    if not isinstance(source, ArraySource):
        raise UserError(
            f"data={config.name}: too large to be held in memory, which is"
            " where labels are chosen; name smaller data."
        )
    train = source.splits["train"]
    n = len(train["x"])
    count = config.labels or n
    if not classes <= count <= n:
        raise UserError(
            f"{argument}: expected at least {classes}, one of each class, and"
            f" at most the {n} training examples; or 0 for all."
        )
    index = balanced(train["label"], count, seed)
    shown = {name: array[index] for name, array in train.items()}
    test = source.splits["test"]
    hidden = {
        name: np.concatenate([np.delete(array, index, axis=0), test[name]])
        for name, array in train.items()
    }
    return shown, hidden

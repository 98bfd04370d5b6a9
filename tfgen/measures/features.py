"""How much a model's features say of labels that it has never seen.

Donahue et al. 2017, arXiv:1605.09782, table 1: the accuracy of the nearest
neighbour among the training examples.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from tfgen.config import DataSpec, TrainConfig
from tfgen.data.loaded import Data, gather
from tfgen.evaluate.batch_statistics import recomputed
from tfgen.evaluate.nearest import neighbor_accuracy
from tfgen.evaluate.probe import linear_probe
from tfgen.measures import Options
from tfgen.model import Model

if TYPE_CHECKING:
    from tfgen.run import Run

_MOST = 60_000  # training examples that are searched and fitted
_BATCH = 500
_STATISTICS = 1_000  # batches whose statistics normalize the features


def applies(model: Model, spec: DataSpec) -> bool:
    """Whether there are features, and labels to hold them against."""
    return model.can("features") and bool(spec.num_classes)


def measure(
    run: Run, model: Model, split: str, options: Options
) -> dict[str, float]:
    """Returns accuracies on the test split; see `feature_metrics`."""
    del split, options
    return feature_metrics(model, run.data, run.config.train)


def feature_metrics(
    model: Model, data: Data, config: TrainConfig
) -> dict[str, float]:
    """Returns figures of the test split, for each layer of features.

    Args:
      model: may have `features`; without, there are no figures.
      data: without labels, there are none either.
      config: of the training.

    Returns:
      `nearest_neighbor_accuracy_<layer>` and `linear_probe_accuracy_<layer>`
      for each layer, in [0, 1].
    """
    if not applies(model, data.spec):
        return {}
    train, test = (
        gather(data.eval_batches(split, config), _MOST)
        for split in ("train", "test")
    )
    with data_statistics(model, train["x"], config.batch_size):
        seen, held_out = features(model, train["x"]), features(model, test["x"])
    values = {}
    for name, layer in seen.items():
        sets = layer, train["label"], held_out[name], test["label"]
        values[f"nearest_neighbor_accuracy_{name}"] = neighbor_accuracy(*sets)
        values[f"linear_probe_accuracy_{name}"] = linear_probe(*sets)
    return values


def data_statistics(model: Model, x: np.ndarray, batch_size: int):
    """Returns a context: batch normalization by the statistics of x.

    Args:
      model: has `features`.
      x: training examples.
      batch_size: of the training; batches of another size have other
        statistics.
    """
    whole = len(x) // batch_size
    ends = range(batch_size, whole * batch_size + 1, batch_size)
    return recomputed(
        model,
        lambda batch: model.features(batch, training=True),
        [x[end - batch_size : end] for end in ends[:_STATISTICS]],
    )


def features(model: Model, x: np.ndarray) -> Mapping[str, np.ndarray]:
    """Returns `features` of all examples, layer -> [N, F]."""
    return gather(_by_batch(model, x))


def _by_batch(model, x) -> Iterator[Mapping]:
    for start in range(0, len(x), _BATCH):
        yield model.features(x[start : start + _BATCH])

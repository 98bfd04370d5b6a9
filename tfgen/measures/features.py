"""How much a model's features say of labels that it has never seen.

Donahue et al. 2017, arXiv:1605.09782, table 1: the accuracy of the nearest
neighbour among the training examples; of pixels, too, by the same protocol.

What deviates: of less than 1,000 test examples, each would count for much. Then
all examples of all splits are classified, each by the nearest of the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from tfgen.config import DataSpec, TrainConfig
from tfgen.data.loaded import Data, first_of, gather
from tfgen.data.source import SPLITS
from tfgen.evaluate.batch_statistics import recomputed
from tfgen.evaluate.nearest import leave_one_out_accuracy, neighbor_accuracy
from tfgen.evaluate.probe import linear_probe
from tfgen.measures import Options
from tfgen.model import Model

if TYPE_CHECKING:
    from tfgen.run import Run

_MOST = 60_000  # training examples that are searched and fitted
_FEW = 1_000  # test examples: of less, all splits are classified
_PIXELS = "pixels"  # beside the layers
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
    """Returns figures of held-out examples, for each layer of features.

    Args:
      model: may have `features`; without, there are no figures.
      data: without labels, there are none either.
      config: of the training.

    Returns:
      `nearest_neighbor_accuracy_<layer>` and `linear_probe_accuracy_<layer>`
      for each layer, and `nearest_neighbor_accuracy_pixels`, in [0, 1].
    """
    if not applies(model, data.spec):
        return {}
    train, validation, test = (
        first_of(data, split, config, _MOST) for split in SPLITS
    )
    layers = {}
    with data_statistics(model, train["x"], config.batch_size):
        for split in (train, validation, test):
            pixels = split["x"].reshape(len(split["x"]), -1)
            found = {**features(model, split["x"]), _PIXELS: pixels}
            for name, layer in found.items():
                layers.setdefault(name, []).append(layer)
    labels = [split["label"] for split in (train, validation, test)]
    values = {}
    for name, (seen, others, held_out) in layers.items():
        sets = seen, labels[0], held_out, labels[2]
        if len(held_out) < _FEW:
            accuracy = leave_one_out_accuracy(
                np.concatenate([seen, others, held_out]), np.concatenate(labels)
            )
        else:
            accuracy = neighbor_accuracy(*sets)
        values[f"nearest_neighbor_accuracy_{name}"] = accuracy
        if name != _PIXELS:
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

"""SNLI, or data of the same features, from TensorFlow Datasets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tfgen.data.source import SPLITS
from tfgen.errors import UserError
from tfgen.nli.pairs import Pair, in_order
from tfgen.nli.rows import label_of
from tfgen.nli.source import PairSource
from tfgen.nli.tally import Tally

if TYPE_CHECKING:
    from tfgen.nli.settings import NliDataConfig

_FEATURES = ("premise", "hypothesis", "label")
_BATCH = 1024  # rows that cross from TensorFlow to Python at once


def tfds_pairs(name: str, config: NliDataConfig) -> PairSource:
    """Opens a data set.

    Args:
      name: TFDS's, such as `snli`.
      config: `data_dir` and `download`.

    Raises:
      UserError: TFDS does not know it, it is not prepared, its download failed,
        or it does not hold sentence pairs.
    """
    from tfgen.data.tfds_source import prepared

    argument = f"data=tfds:{name}"
    builder = prepared(argument, name, config.data_dir, config.download)
    features = dict(builder.info.features)
    missing = [f for f in _FEATURES if f not in features]
    label = features.get("label")
    if missing or getattr(label, "num_classes", 0) < 2:
        raise UserError(
            f"{argument}: expected the features {', '.join(_FEATURES)} with"
            f" two labels or more, got {', '.join(features)}."
        )
    names = [label_of(name) for name in label.names]
    for split in SPLITS:
        if split not in builder.info.splits:
            raise UserError(
                f"{argument}: expected a split {split!r}, got"
                f" {', '.join(builder.info.splits)}."
            )
    return PairSource(
        lambda split, tally: _read(builder, split, names, tally),
        labels=in_order(names),
    )


def _read(
    builder, split: str, names: list[str], tally: Tally
) -> Iterator[Pair]:
    import tensorflow_datasets as tfds

    from tfgen.data.loaded import damage_in_words

    dataset = builder.as_dataset(
        split=split, read_config=tfds.ReadConfig(try_autocache=False)
    )
    with damage_in_words(f"tfds:{builder.name}", skippable=False):
        for batch in dataset.batch(_BATCH).as_numpy_iterator():
            columns = (batch[name].tolist() for name in _FEATURES)
            for premise, hypothesis, label in zip(*columns):
                if label < 0:
                    tally.add("pairs without a label", f"{premise[:40]!r}")
                    continue
                yield Pair(
                    premise.decode("utf-8", "replace"),
                    hypothesis.decode("utf-8", "replace"),
                    names[label],
                )

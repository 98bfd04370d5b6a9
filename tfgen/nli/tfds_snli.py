"""SNLI, or data of the same features, from TensorFlow Datasets."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from tfgen.errors import UserError
from tfgen.nli.pairs import LABELS, Pair
from tfgen.nli.source import Counts, PairSource

_FEATURES = ("premise", "hypothesis", "label")
_UNLABELLED = -1
_BATCH = 1024  # rows that cross from TensorFlow to Python at once


def load(name: str, data_dir: str, download: bool) -> PairSource:
    """Opens a data set.

    Args:
      name: TFDS's, such as `snli`.
      data_dir: where it is prepared; "" is TFDS's default.
      download: download and prepare it if it is not there.

    Raises:
      UserError: TFDS does not know it, it is not prepared, its download failed,
        or it does not hold sentence pairs.
    """
    import tensorflow_datasets as tfds

    argument = f"--data=tfds:{name}"
    try:
        builder = tfds.builder(name, data_dir=data_dir or None)
    except ValueError as error:
        raise UserError(
            f"{argument}: TensorFlow Datasets has no {name!r}, neither as code"
            f" nor prepared in {data_dir or 'its folder'}."
        ) from error
    if not builder.is_prepared():
        _prepare(argument, builder, name, data_dir, download)
    features = dict(builder.info.features)
    missing = [f for f in _FEATURES if f not in features]
    label = features.get("label")
    if missing or getattr(label, "num_classes", 0) != len(LABELS):
        raise UserError(
            f"{argument}: expected the features {', '.join(_FEATURES)} with"
            f" {len(LABELS)} labels, got {', '.join(features)}."
        )
    # By name, if it has the same ones in another order.
    names = [n.lower() for n in label.names]
    if set(names) == set(LABELS):
        numbers = {i: LABELS.index(n) for i, n in enumerate(names)}
    else:
        numbers = {i: i for i in range(len(LABELS))}
    splits = {}
    for split in ("train", "validation", "test"):
        if split not in builder.info.splits:
            raise UserError(
                f"{argument}: expected a split {split!r}, got"
                f" {', '.join(builder.info.splits)}."
            )
        splits[split] = functools.partial(_read, builder, split, numbers)
    return PairSource(splits)


def _prepare(argument, builder, name, data_dir, download) -> None:
    if not download:
        where = f" --data_dir={data_dir}" if data_dir else ""
        raise UserError(
            f"{argument}: not found in {builder.data_path}; prepare it with"
            f" `tfds build {name}{where}`, or add --set data.download=true."
        )
    try:
        builder.download_and_prepare()
    # Whatever a network, a disk or a data set's own script can raise.
    except Exception as error:
        reason = str(error).strip().split("\n")[0]
        raise UserError(
            f"{argument}: could not be downloaded and prepared:"
            f" {type(error).__name__}: {reason}"
        ) from error


def _read(builder, split, numbers, counts: Counts) -> Iterator[Pair]:
    import tensorflow_datasets as tfds

    dataset = builder.as_dataset(
        split=split, read_config=tfds.ReadConfig(try_autocache=False)
    )
    for batch in dataset.batch(_BATCH).as_numpy_iterator():
        columns = (batch[name].tolist() for name in _FEATURES)
        for premise, hypothesis, label in zip(*columns):
            if label == _UNLABELLED:
                counts.unlabelled += 1
                continue
            counts.pairs += 1
            yield Pair(
                premise.decode("utf-8", "replace"),
                hypothesis.decode("utf-8", "replace"),
                numbers[label],
            )

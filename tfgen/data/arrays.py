"""Arrays of one's own: from Python, or of an `.npz` file.

Either `x` and perhaps `label`, which are split here, or splits of their own, as
Keras's `mnist.npz` has them: `x_train`, `y_train`, `x_test`, `y_test`, and
perhaps `x_validation` and `y_validation`. A `y` of pictures is no label, but
what x may be translated into.

Labels are texts or whole numbers; those that there are make the classes. Of 0
to K - 1, classes have no names; each of other numbers, such as 1, 2, 3, is the
name of its class.

Whole numbers of x are gray levels (uint8), others are real numbers. Images are
[N, H, W, C] or [N, H, W], vectors [N, D]. Arrays of other names are fields that
models may be conditional on: gray levels if they are images of whole numbers,
real numbers otherwise. Models standardize real vectors, by the means and
deviations of the training split.
"""

from __future__ import annotations

import dataclasses
import os
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from absl import logging

from tfgen.config import Column, DataSpec, Field
from tfgen.data.source import (
    SPLITS,
    ArraySource,
    mixed_order,
    say_read,
    split_arrays,
)
from tfgen.errors import UserError

_HELD_OUT = 1_000  # of x_train, where there is no split for validation
_MANY = 10  # of so many labels with gaps, most must be there twice


def _rank(field: str) -> tuple:
    """The order of fields: x, label, others by name."""
    return field != "x", field != "label", field


def read(path: str | os.PathLike) -> ArraySource:
    """Returns the examples of an `.npz` file.

    Raises:
      UserError: there is none, it is damaged, or see `source`.
    """
    name = f"npz:{path}"
    try:
        # Of a damaged file, NumPy does not close what it opened.
        with open(os.path.expanduser(path), "rb") as file:
            with np.load(file) as found:
                arrays = dict(found)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(
            f"data={name}: expected a file of arrays ({reason!s:.200})."
        ) from error
    except TypeError:  # of a single array, which is not a context
        raise UserError(
            f"data={name}: expected an .npz file of named arrays, x and"
            " label, or x_train, y_train, x_test and y_test."
        ) from None
    return source(arrays, name)


def source(arrays: Mapping[str, Any], name: str = "arrays") -> ArraySource:
    """Returns examples that are split once, the same on every machine.

    Args:
      arrays: see above.
      name: of the data, for errors and for the one line that says what is read.

    Raises:
      UserError: arrays that are missing, empty, not finite, or of other
        lengths or types.
    """
    argument = f"data={name}"
    arrays = {k: np.asarray(v) for k, v in arrays.items()}
    if "x" not in arrays and not {"x_train", "x_test"} <= arrays.keys():
        raise UserError(
            f"{argument}: expected x, or x_train and x_test; found"
            f" {', '.join(arrays) or 'nothing'}."
        )
    given = [split for split in SPLITS if f"x_{split}" in arrays] or [""]
    splits = {split: _taken(arrays, split and f"_{split}") for split in given}
    for split, fields in splits.items():
        for field, values in fields.items():
            if len(values) != len(fields["x"]) or not len(values):
                raise UserError(
                    f"{argument}: {len(values)} of {field} {split}; expected"
                    f" as many as x has, {len(fields['x'])}, and at least one."
                )
    known = {field for fields in splits.values() for field in fields}
    everywhere = known.intersection(*splits.values())
    if left_out := [*arrays, *sorted(known - everywhere)]:
        logging.warning(
            "%s: left out %s; expected one for each split.",
            argument,
            ", ".join(left_out),
        )
    columns = {
        field: np.concatenate([fields[field] for fields in splits.values()])
        for field in sorted(everywhere, key=_rank)
    }
    classes, names, remarks = 0, (), []
    if "label" in columns:
        columns["label"], classes, names = _labels(columns["label"], argument)
    if values_of(names) is not None:
        shown = ", ".join(names[:10]) + ", …" * (len(names) > 10)
        remarks = [f"labels {shown}, which are the names of their classes"]
    fields = []
    for field in columns.keys() - {"label"}:
        columns[field], kind = _field(field, columns[field], argument)
        fields.append(kind)
    x, *others = sorted(fields, key=lambda field: _rank(field.name))
    spec = DataSpec(x.shape, x.levels, classes, names, tuple(others))
    found = _split(spec, columns, {s: len(f["x"]) for s, f in splits.items()})
    found = _standardized(found)
    remarks = [*map(str, (found.spec.x, *found.spec.fields)), *remarks]
    say_read(name, found, remarks, "examples")
    return found


def values_of(labels: Sequence[str]) -> np.ndarray | None:
    """Returns the numbers [K] that arrays have for classes of these names.

    Args:
      labels: [K] names.

    Returns:
      None if they are not all numbers, so that arrays have 0 to K - 1.
    """
    if not labels or not all(map(str.isdecimal, labels)):
        return None
    return np.array([*map(int, labels)])


def of_dataset(dataset: Iterable) -> dict[str, np.ndarray]:
    """Returns the examples of a finite `tf.data.Dataset`, not batched.

    Args:
      dataset: of x, of (x, label), or of dicts.
    """
    rows = []
    for row in dataset.as_numpy_iterator():
        if isinstance(row, tuple):
            row = dict(zip(("x", "label"), row))
        rows.append(row if isinstance(row, dict) else {"x": row})
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


def _standardized(source: ArraySource) -> ArraySource:
    """Returns examples whose spec says how real vectors are distributed."""
    train, spec = source.splits.get("train"), source.spec
    if train is None:
        return source

    def numbers(field):
        if field.levels or len(field.shape) != 1:
            return ()
        values = train[field.name]
        mean = values.mean(axis=0, dtype=np.float64)
        stddev = values.std(axis=0, dtype=np.float64)
        # Numbers that are all the same stay as they are.
        stddev = np.where(stddev > 1e-9 * np.abs(mean), stddev, 1)
        moments = zip(mean.tolist(), stddev.tolist())
        return tuple(Column("", *both) for both in moments)

    fields = tuple(
        dataclasses.replace(field, numbers=numbers(field))
        for field in spec.fields
    )
    spec = dataclasses.replace(spec, numbers=numbers(spec.x), fields=fields)
    return dataclasses.replace(source, spec=spec)


def _taken(arrays, suffix):
    """Moves the fields of a split out of arrays, whose names have a suffix."""
    names = [name for name in arrays if name.endswith(suffix)]
    fields = {name.removesuffix(suffix): arrays.pop(name) for name in names}
    if "y" in fields and fields["y"].ndim < 3:
        fields.setdefault("label", fields.pop("y"))
    return fields


def _field(name, values, argument) -> tuple[np.ndarray, Field]:
    """A field as it is kept."""
    if values.dtype.kind not in "uibf" or not 1 <= values.ndim <= 4:
        raise UserError(
            f"{argument}: {name} is {values.dtype} {list(values.shape)};"
            " expected numbers [N, D], [N, H, W] or [N, H, W, C]."
        )
    if values.ndim in (1, 3):  # numbers, or images without colours
        values = values[..., None]
    shape = values.shape[1:]
    if values.dtype.kind == "f" or (name != "x" and len(shape) < 3):
        if not np.isfinite(values).all():
            raise UserError(
                f"{argument}: {name} has numbers that are not finite."
            )
        return values.astype(np.float32), Field(name, shape)
    if values.min() < 0 or values.max() > 255:
        raise UserError(
            f"{argument}: {name} has whole numbers from {values.min()} to"
            f" {values.max()}; expected gray levels from 0 to 255, or floats."
        )
    levels = 2 if values.dtype.kind == "b" else 256
    return values.astype(np.uint8), Field(name, shape, levels)


def _labels(label: np.ndarray, argument: str):
    """int32 labels, how many classes, and their names if they have some."""
    label = label.reshape(len(label), -1)
    if label.shape[1] != 1:
        raise UserError(f"{argument}: expected one label an example.")
    label = label[:, 0]
    if label.dtype.kind in "US":
        names, index = np.unique(label.astype(str), return_inverse=True)
        return index.astype(np.int32), len(names), tuple(map(str, names))
    whole = label.astype(np.int64)
    if (
        label.dtype.kind not in "uibf"
        or (whole != label).any()
        or (whole.min() < 0)
    ):
        raise UserError(
            f"{argument}: labels are texts, or whole numbers from 0 on."
        )
    values, index = np.unique(whole, return_inverse=True)
    count = len(values)
    names = ()
    if (values != np.arange(count)).any():
        names = tuple(map(str, values))
        if count > _MANY and 2 * count > len(whole):
            raise UserError(
                f"{argument}: {count:,} labels in {len(whole):,} examples, from"
                f" {values[0]} to {values[-1]}; expected labels that several"
                " examples have."
            )
    return index.astype(np.int32), count, names


def _split(spec, columns, sizes) -> ArraySource:
    if "" in sizes:
        order = mixed_order("arrays", sizes[""], columns.get("label"))
        return split_arrays(spec, {k: v[order] for k, v in columns.items()})
    ends = np.cumsum(list(sizes.values()))
    rows = {
        split: np.arange(end - sizes[split], end)
        for split, end in zip(sizes, ends)
    }
    if "validation" not in rows and "train" in rows:
        train = rows["train"]
        label = columns["label"][train] if "label" in columns else None
        order = train[mixed_order("arrays", len(train), label)]
        count = min(_HELD_OUT, max(1, len(train) // 10))
        rows["validation"] = order[-count:]
        rows["train"] = np.sort(order[:-count])
    return ArraySource(
        spec,
        {
            split: {
                name: column[rows[split]] for name, column in columns.items()
            }
            for split in ("train", "validation", "test")
            if split in rows
        },
    )

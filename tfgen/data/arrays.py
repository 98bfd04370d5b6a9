"""Arrays of one's own: from Python, or of an `.npz` file.

Either `x` and perhaps `label`, which are split here, or splits of their own, as
Keras's `mnist.npz` has them: `x_train`, `y_train`, `x_test`, `y_test`, and
perhaps `x_validation` and `y_validation`.

Whole numbers are gray levels (uint8), others are real numbers. Images are
[N, H, W, C] or [N, H, W], vectors [N, D].
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from absl import logging

from tfgen.config import DataSpec
from tfgen.data.source import ArraySource, mixed_order, split_arrays
from tfgen.errors import UserError

_HELD_OUT = 1_000  # of x_train, where there is no split for validation


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
    splits = {
        split: _fields(arrays, split)
        for split in ("train", "validation", "test")
        if f"x_{split}" in arrays
    }
    if not splits and "x" not in arrays:
        raise UserError(
            f"{argument}: expected x, or x_train and x_test; found"
            f" {', '.join(arrays) or 'nothing'}."
        )
    splits = splits or {"": {k: v for k, v in arrays.items() if k != "y"}}
    if "y" in arrays:
        splits[""].setdefault("label", arrays["y"])
    for split, fields in splits.items():
        for field, values in fields.items():
            if len(values) != len(fields["x"]) or not len(values):
                raise UserError(
                    f"{argument}: {len(values)} of {field} {split}; expected"
                    f" as many as x has, {len(fields['x'])}, and at least one."
                )
    x = np.concatenate([fields["x"] for fields in splits.values()])
    x, levels = _examples(x, argument)
    shape = x.shape[1:]
    columns = {"x": x}
    names: tuple[str, ...] = ()
    classes = 0
    if all("label" in fields for fields in splits.values()):
        label = np.concatenate([f["label"] for f in splits.values()])
        columns["label"], classes, names = _labels(label, argument)
    spec = DataSpec(shape, levels, classes, names)
    found = _split(spec, columns, {s: len(f["x"]) for s, f in splits.items()})
    if "test" not in found.splits or "train" not in found.splits:
        raise UserError(f"{argument}: expected x_train and x_test.")
    kind = f"{levels} gray levels" if levels else "real numbers"
    sizes = ", ".join(f"{n:,} {split}" for split, n in found.sizes.items())
    logging.info("%s: %s; %s of shape %s.", name, sizes, kind, shape)
    return found


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


def _fields(arrays, split):
    fields = {"x": arrays[f"x_{split}"]}
    for name in (f"y_{split}", f"label_{split}"):
        if name in arrays:
            fields["label"] = arrays[name]
    return fields


def _examples(x: np.ndarray, argument: str) -> tuple[np.ndarray, int]:
    """X as it is kept, and its levels."""
    if x.dtype.kind not in "uibf" or not 1 <= x.ndim <= 4:
        raise UserError(
            f"{argument}: x is {x.dtype} {list(x.shape)}; expected numbers"
            " [N, D], [N, H, W] or [N, H, W, C]."
        )
    if x.ndim in (1, 3):  # numbers, or images without colours
        x = x[..., None]
    if x.dtype.kind == "f":
        if not np.isfinite(x).all():
            raise UserError(f"{argument}: x has numbers that are not finite.")
        return x.astype(np.float32), 0
    if x.min() < 0 or x.max() > 255:
        raise UserError(
            f"{argument}: x has whole numbers from {x.min()} to {x.max()};"
            " expected gray levels from 0 to 255, or floats."
        )
    return x.astype(np.uint8), 2 if x.dtype.kind == "b" else 256


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
    return whole.astype(np.int32), int(whole.max()) + 1, ()


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

"""Samples as files that other programs read."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Mapping, Sequence

import numpy as np
from absl import logging

from tfgen.config import DataSpec
from tfgen.data import arrays, table_file
from tfgen.data.settings import DataConfig
from tfgen.errors import UserError
from tfgen.files import replacing
from tfgen.viz import images

_LONGEST = 60  # characters of a folder's name; systems take 255 bytes


def write(
    path: pathlib.Path,
    x: np.ndarray,
    given: Mapping[str, np.ndarray],
    spec: DataSpec,
    config: DataConfig,
) -> None:
    """Writes samples and their conditions.

    Args:
      path: `.npz`: `x` and the conditions, classes as their numbers, or by
        their names where these are numbers; `.csv`: a row each, of a table with
        its own columns, of other vectors `x_0`, `x_1`, …; else a folder, of
        images, which gets PNG files.
      x: [N, ...].
      given: condition -> [N, ...].
      spec: of the data.
      config: likewise.

    Raises:
      UserError: samples that this kind of file cannot hold, or that cannot be
        written.
    """
    ending = path.suffix.lower()
    if ending == ".npz":
        given = dict(given)
        values = arrays.values_of(spec.labels)
        if "label" in given and values is not None:
            given["label"] = values[given["label"]]
        with replacing(path) as partial, open(partial, "wb") as file:
            np.savez(file, x=x, **given)
    elif ending == ".csv":
        _check(path, len(spec.shape) == 1, "images", "a folder or a .npz file")
        table_file.write_csv(path, _columns(x, given, spec, config))
    else:
        pictures = len(spec.shape) == 3 and bool(spec.levels)
        _check(path, pictures, "no images", "a .csv or .npz file")
        _write_folder(path, x, given, spec)


def _check(path, fits, what, right):
    if not fits:
        raise UserError(f"output={path}: samples are {what}; expected {right}.")


def _columns(x, given, spec, config):
    if spec.columns:
        return table_file.as_columns(spec, {"x": x, **given}, config)
    columns = {f"x_{i}": x[:, i] for i in range(x.shape[1])}
    for name, values in given.items():
        wide = values.ndim > 1
        columns |= (
            {f"{name}_{i}": values[:, i] for i in range(values.shape[1])}
            if wide
            else {name: values}
        )
    # NumPy's text of a float32 is the shortest that is the same number.
    return {name: values.astype(str) for name, values in columns.items()}


def _write_folder(path: pathlib.Path, x, given, spec: DataSpec) -> None:
    """A PNG file each; of classes, in a sub-folder of their names."""
    label = given.get("label")
    labels = spec.labels or tuple(map(str, range(spec.num_classes)))
    names = _folders(labels)
    if label is not None and (
        others := [f"{a!r} in {b!r}" for a, b in zip(labels, names) if a != b]
    ):
        logging.warning(
            "output=%s: classes that are no names of folders: %s.",
            path,
            ", ".join(others),
        )
    width = len(str(len(x) - 1))
    for i, picture in enumerate(images.shades(x, spec.levels)):
        folder = path if label is None else path / names[label[i]]
        images.write_png(folder / f"{i:0{width}}.png", picture, least=1)


def _folders(names: Sequence[str]) -> list[str]:
    """Names of folders, each another: none leads elsewhere or is hidden."""
    found: list[str] = []
    for name in names:
        safe = re.sub(r"[/\\\x00-\x1f]", "-", name).lstrip(".")[:_LONGEST]
        safe = folder = safe or "-"
        count = 1
        while folder in found or (folder != name and folder in names):
            count += 1
            folder = f"{safe}-{count}"
        found.append(folder)
    return found

"""Two domains as image files: pairs of a name, side by side, or apart."""

from __future__ import annotations

import os
import pathlib
from typing import NamedTuple

import numpy as np

from tfgen.data import image_folder, records
from tfgen.data.folder import Folder, read
from tfgen.data.settings import TwoDomainDataConfig
from tfgen.data.source import Source, say_read
from tfgen.errors import UserError


class Unpaired(NamedTuple):
    """Two domains without pairs.

    Attributes:
      x: examples of the first.
      y: of the second, as its `x`.
    """

    x: Source
    y: Source


def paired(where: str, config: TwoDomainDataConfig) -> Source:
    """Reads pairs of images.

    Args:
      where: "A,B": two folders with files of the same names, whatever their
        extensions are; or one folder, of files that hold both side by side, as
        the published data sets of pix2pix do. Sub-folders, splits and order:
        see `image_folder.load`.
      config: `image_size`, of B `y_size`; `crop_margin`: pixels more than that,
        of which a square is cut at random while training, the same of both;
        others: see `folder.read`.

    Returns:
      `x` and the field `y`.

    Raises:
      UserError: see `image_folder.load`; or a file has no partner, or one of
        another aspect ratio, where squares from the centres would show two
        places.
    """
    argument = f"data=paired:{where}"
    sizes, read_at = _sizes(config)
    a, b = _two(where, argument)
    halves = ("", "") if "," in where else ("left", "right")
    x = read(a, config, argument, read_at["x"], halves[0])
    y = read(b, config, argument, read_at["y"], halves[1])
    x, y = _matched(x, y, config.skip_bad_records)
    source, said = image_folder.source_of({"x": x, "y": y}, sizes)
    say_read(f"paired:{where}", source, said, "pairs of images")
    return source


def unpaired(where: str, config: TwoDomainDataConfig) -> Unpaired:
    """Reads two folders of images.

    Args:
      where: "A,B"; or one folder with sub-folders trainA, trainB, testA, testB,
        as the published data sets of CycleGAN have them. Both folders may be
        records of images.
      config: see `paired`.

    Raises:
      UserError: see `image_folder.load`.
    """
    argument = f"data=unpaired:{where}"
    sizes, read_at = _sizes(config)
    a, b = _two(where, argument)
    if all(
        (pathlib.Path(f).expanduser() / records.FILE).exists() for f in (a, b)
    ):
        return _of_records(a, b, config)
    letters = ("", "") if "," in where else ("A", "B")
    sources = []
    for name, folder, letter in zip("xy", (a, b), letters):
        found = read(folder, config, argument, read_at[name], letter=letter)
        source, said = image_folder.source_of({"x": found}, {"x": sizes[name]})
        domain = f"unpaired:{where} ({'first' if name == 'x' else 'second'})"
        say_read(domain, source, said)
        sources.append(source)
    return Unpaired(*sources)


def _of_records(a: str, b: str, config: TwoDomainDataConfig) -> Unpaired:
    """Two folders of records, each of images.

    Raises:
      UserError: see `records.load`; or they are to be cut.
    """
    if config.crop_margin:
        raise UserError(
            f"data.crop_margin={config.crop_margin}: records are not cut;"
            " expected 0."
        )
    return Unpaired(records.load(a, config), records.load(b, config))


def _sizes(config: TwoDomainDataConfig) -> tuple[dict, dict]:
    """Pixels of a side of each domain, and at which they are read."""
    size, margin = config.image_size, config.crop_margin
    sizes = {"x": size, "y": config.y_size or size}
    # The same share of both.
    return sizes, {n: s + round(margin * s / size) for n, s in sizes.items()}


def _two(where: str, argument: str) -> tuple[str, str]:
    """The two folders, which may be one."""
    folders = where.split(",")
    if len(folders) > 2 or not all(folders):
        raise UserError(
            f"{argument}: expected two folders, A,B, or one folder; a path"
            " with a comma has to be renamed."
        )
    return folders[0], folders[-1]


def _matched(x: Folder, y: Folder, skip: bool) -> tuple[Folder, Folder]:
    """Files of the same name, in the order of x."""
    of_x, of_y = _by_name(x), _by_name(y)
    both = [name for name in of_x if name in of_y]
    alone = [n for n in (*of_x, *of_y) if n not in of_x or n not in of_y]
    if alone and not (skip and both):
        raise UserError(
            f"{x.argument}: {alone[0]} has no partner; expected files of the"
            f" same names in both, found {len(both)} pairs; add it, or leave"
            " such files out with data.skip_bad_records=true."
        )
    x.notes["left out", "images without a partner"] += alone
    rows = [(of_x[name], of_y[name]) for name in both]
    alike = _alike(x, y, rows, skip)
    return tuple(
        _rows(found, [pair[i] for pair in alike])
        for i, found in enumerate((x, y))
    )


def _alike(
    x: Folder, y: Folder, rows: list[tuple[int, int]], skip: bool
) -> list[tuple[int, int]]:
    """The pairs of rows whose files have one aspect ratio."""
    alike, others = [], []
    for i, j in rows:
        fit = _one_ratio(x.sizes[i], y.sizes[j])
        (alike if fit else others).append((i, j))
    if not others:
        return rows
    if not skip or len(others) > len(alike):
        first, second = (
            "{} has {} x {} pixels".format(
                found.root / found.files[i].path, *found.sizes[i]
            )
            for found, i in zip((x, y), others[0])
        )
        advice = ", or leave such pairs out with data.skip_bad_records=true"
        if skip:
            advice = "; at most half of them can be left out"
        raise UserError(
            f"{x.argument}: {first}, {second}, and {len(others)} of {len(rows)}"
            " pairs differ so; expected pictures of one aspect ratio, which"
            f" show the same place: cut or resize one of both{advice}."
        )
    x.notes["left out", "pairs of two aspect ratios"] += [
        x.files[i].path for i, _ in others
    ]
    return alike


def _one_ratio(a: tuple[int, int], b: tuple[int, int]) -> bool:
    """Whether one is the other in another size, with its sides rounded.

    That is, whether some factor takes both sides of the larger one to within
    half a pixel of those of the smaller one.
    """
    (w, h), (v, g) = a, b
    return 2 * abs(w * g - h * v) <= max(w + h, v + g)


def _by_name(found: Folder) -> dict[str, int]:
    """Path without extension -> row."""
    rows = {}
    for i, file in enumerate(found.files):
        name = os.path.splitext(file.path)[0]
        if name in rows:
            raise UserError(
                f"{found.argument}: {found.files[rows[name]].path} and"
                f" {file.path} have one name; expected one picture of a name."
            )
        rows[name] = i
    return rows


def _rows(found: Folder, rows: list[int]) -> Folder:
    return found._replace(
        files=[found.files[i] for i in rows],
        x=found.x[rows] if len(found.x) else found.x,
        checksums=list(np.array(found.checksums)[rows]),
        sizes=[found.sizes[i] for i in rows],
    )

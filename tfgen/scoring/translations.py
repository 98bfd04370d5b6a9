"""A picture for each of the user's pictures, in the other domain."""

from __future__ import annotations

import functools
import itertools
import os
import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import tqdm
from absl import logging

from tfgen.config import DataSpec
from tfgen.data import image_file, image_files, table_file
from tfgen.errors import UserError, one_of
from tfgen.run import check_noise
from tfgen.scoring import inputs
from tfgen.viz import images

if TYPE_CHECKING:
    from tfgen.library import ArrayRun

# Direction -> what does it, what it reads and what it makes.
DIRECTIONS = {
    "forward": ("translate", "x", "y"),
    "back": ("translate_back", "y", "x"),
}


class WrittenPictures(NamedTuple):
    """What was written.

    Attributes:
      folder: of the pictures.
      done: how many pictures.
      bad: name of an input that cannot be read -> why.
    """

    folder: pathlib.Path
    done: int
    bad: dict[str, str]

    @property
    def bad_path(self) -> pathlib.Path:
        """The list of inputs that cannot be read."""
        return self.folder / "bad.csv"

    def text(self) -> str:
        """Returns how many pictures there are, in a line.

        Raises:
          UserError: most inputs are bad.
        """
        line = f"{self.folder}: {self.done:,} pictures"
        if self.bad:
            line += f"; {len(self.bad):,} bad inputs: {self.bad_path} says why"
        if len(self.bad) > self.done:
            raise UserError(f"output={line}; expected most to be good.")
        return line


def write(
    run: ArrayRun,
    paths: Sequence[str],
    output: str | os.PathLike,
    direction: str,
    size: str,
    seed: int | None,
) -> WrittenPictures:
    """Writes a PNG file each; see `ArrayRun.write_translations`."""
    name, read, made = DIRECTIONS[one_of("direction", direction, DIRECTIONS)]
    if not run.model.can(name):
        raise UserError(
            f"direction={direction}: {run.config.model} has no {name}."
        )
    spec = run.config.spec
    fields = {field.name: field for field in (spec.x, *spec.fields)}
    if made not in fields or fields[made].shape[-1] not in (1, 3):
        raise UserError(
            f"{run.config.model}: translates into no pictures of 1 or 3"
            " colours, which files hold."
        )
    one_of("size", size, ["trained", "own"])
    if size == "own" and not run.model.other_sides:
        height, width = fields[read].shape[:2]
        raise UserError(
            f"size=own: {run.config.model} takes pictures of {height} x {width}"
            " alone; expected size=trained."
        )
    translate = getattr(run, name)
    if seed is not None:
        _check_noise(run, name, size, seed)
        # Goes on from block to block.
        random = np.random.default_rng(seed)
        translate = functools.partial(translate, seed=random)
    reading = DataSpec(fields[read].shape, fields[read].levels)
    found = [
        (path, source)
        for path in paths
        for source in inputs.sources(
            [path],
            reading,
            background=run.config.data.background,
            own_size=size == "own",
            say=logging.warning,
        )
    ]
    folder, done, bad = pathlib.Path(output), 0, {}
    places = _Places(folder, paths)
    total = sum(source.count for _, source in found)
    with tqdm.tqdm(
        desc=name, unit="picture", total=total, delay=5, disable=None
    ) as progress:
        for path, source in found:
            for block in source.blocks(0):
                to = [places.of(path, each) for each in block.names]
                bad |= {block.names[i]: why for i, why in block.bad.items()}
                progress.update(len(block.names))
                if not len(block.places):
                    continue
                y = translate(block.good["x"])
                shades = images.shades(np.round(y), fields[made].levels)
                for place, picture in zip(block.places, shades):
                    images.write_png(to[place], picture, least=1)
                done += len(shades)
    written = WrittenPictures(folder, done, bad)
    if bad:
        columns = {"input": [*bad], "reason": [*bad.values()]}
        table_file.write_csv(written.bad_path, columns)
    else:
        written.bad_path.unlink(missing_ok=True)
    return written


def _check_noise(run: ArrayRun, name: str, size: str, seed: int) -> None:
    check_noise(seed)
    if not run.model.can(f"{name}_with_noise"):
        raise UserError(
            f"seed={seed}: {run.config.model} has no {name}_with_noise; leave"
            " it out."
        )
    if size == "own":
        raise UserError(
            f"seed={seed}: not with size=own, for which there is no noise."
        )


class _Places:
    """Which file a picture goes to: none twice, and none of the inputs."""

    def __init__(self, folder: pathlib.Path, paths: Sequence[str]):
        self._folder = folder
        self._taken: set[pathlib.Path] = set()
        whole = folder.resolve()
        for path in paths:
            its = pathlib.Path(path).resolve()
            if whole == its or whole in its.parents or its in whole.parents:
                raise UserError(
                    f"output={folder}: holds {path}, or lies in it; expected a"
                    " folder apart, so that no input is overwritten."
                )

    def of(self, path: str, name: str) -> pathlib.Path:
        """Returns the file for a picture.

        Args:
          path: as the user named it, a file or a folder.
          name: of the picture, `path` or below it, or a row of it.
        """
        base = path if os.path.isdir(path) else os.path.dirname(path)
        inner = os.path.relpath(name, image_files.shown(base) or ".")
        stem, ending = os.path.splitext(inner)
        stem = stem if ending.lower() in image_file.EXTENSIONS else inner
        names = itertools.chain(
            (stem, inner), (f"{inner}_{i}" for i in itertools.count(2))
        )
        files = (self._folder / f"{each}.png" for each in names)
        file = next(file for file in files if file not in self._taken)
        self._taken.add(file)
        return file

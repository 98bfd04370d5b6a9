"""Which run each picture of README.md is from; they are copied from runs.

A picture is replaced by a run of the same model, preset and data, with the
preset's own settings and all its steps. A brief run's never is.
"""

from __future__ import annotations

import os
import pathlib
import shutil
from collections.abc import Sequence
from typing import NamedTuple

from tfgen.config import AUTO
from tfgen.errors import UserError
from tfgen.files import writing
from tfgen.saved_config import data_name
from tfgen.tables.overview import RunSummary
from tfgen.tables.run_commands import changes, preset_of


class Picture(NamedTuple):
    """A file of a run's folder.

    Attributes:
      model: name in the registry.
      preset: of the model, or `AUTO`.
      data: its name.
      file: below `samples/`.
      drawn: flags of `apps.sample` that draw it; none if a training does.
    """

    model: str
    preset: str
    data: str = "digits"
    file: str = "samples.png"
    drawn: str = ""

    @property
    def command(self) -> str:
        """What makes it."""
        workdir = f"--workdir=runs/{self.model}-{self.preset}"
        made = (
            f"python -m apps.run --model={self.model} --preset={self.preset}"
            f" --data={self.data} {workdir}"
        )
        drawn = f" && python -m apps.sample {workdir} {self.drawn}"
        return made + (drawn if self.drawn else "")


_MNIST = "npz:mnist_10k.npz"  # 10,000 of its digits
# File of docs/images/ -> its run.
OF_RUNS = {
    "samples.png": Picture("real_nvp", "digits"),
    "interpolation.png": Picture(
        "real_nvp", "digits", file="interpolation.png"
    ),
    "manifold.png": Picture("real_nvp", "digits", file="manifold.png"),
    "real_nvp_mnist.png": Picture(
        "real_nvp", "mnist", _MNIST, "beside_data.png"
    ),
    "real_nvp_mnist_resampled.png": Picture(
        "real_nvp", "mnist", _MNIST, "resampled.png"
    ),
    "real_nvp_mnist_enlarged.png": Picture(
        "real_nvp", "mnist", _MNIST, "enlarged_x2.png", drawn="--enlarge=2"
    ),
    "spline_flow.png": Picture("neural_spline", "toy", "moons"),
    "pit.png": Picture("neural_spline", "toy", "moons", "pit.png"),
    "pixel_cnn_pp.png": Picture("pixel_cnn_pp", "digits"),
    "pixel_completions.png": Picture(
        "pixel_cnn_pp", "digits", file="completions.png"
    ),
    "receptive_field.png": Picture(
        "gated_pixel_cnn", "digits", file="receptive_field.png"
    ),
    "vlae.png": Picture(
        "vlae", "mnist", _MNIST, "traversal.png", drawn="--traverse"
    ),
    "dcgan.png": Picture("dcgan", "digits"),
    "wgan.png": Picture("wgan", "digits"),
    "bigan.png": Picture("bigan", "digits"),
    "ebgan.png": Picture("ebgan", "digits"),
    "ebgan_ladder.png": Picture("ebgan_ladder", "digits"),
    "ebgan_mnist.png": Picture("ebgan", "mnist_pt", _MNIST),
    "bigan_mnist.png": Picture("bigan", AUTO, _MNIST),
    "bigan_mnist_reconstructions.png": Picture(
        "bigan", AUTO, _MNIST, "reconstructions.png"
    ),
    "bigan_mnist_neighbors.png": Picture(
        "bigan", AUTO, _MNIST, "neighbors.png"
    ),
    "gan_labels.png": Picture("gan", "digits_labels"),
    "infogan.png": Picture("infogan", "digits", file="codes.png"),
    "completions.png": Picture(
        "gan", "digits", file="completions.png", drawn="--complete=center"
    ),
    "pix2pix.png": Picture(
        "pix2pix",
        "two_coloured_scenes",
        "two_coloured_scenes",
        "translations_with_noise.png",
    ),
    "next_frame.png": Picture(
        "next_frame", "moving_scenes", "moving_scenes", "translations.png"
    ),
    "cycle_gan.png": Picture(
        "cycle_gan", "scenes", "scenes", "translations.png"
    ),
    "stack_gan.png": Picture(
        "stack_gan", "captioned_scenes", "captioned_scenes"
    ),
}
_GRID = "python -m apps.reproduce --table=ebgan_grid"
# File of docs/images/ -> the file that a table writes, and its command.
OF_TABLES = {
    name: (name, f"{_GRID} --budget=8 --data={_MNIST}")
    for name in ("ebgan_grid.png", "ebgan_grid_best.png")
}


def copy(
    rows: Sequence[RunSummary],
    folders: Sequence[str | os.PathLike],
    images: str | os.PathLike,
) -> tuple[list[str], list[str]]:
    """Copies the pictures of runs that are there, the newest's.

    Args:
      rows: runs, the latest last.
      folders: where tables' files are looked for, too.
      images: folder that is written to.

    Returns:
      Lines that name what was copied; lines that say what has no run yet, with
      the command that makes it.

    Raises:
      UserError: the folder is not there, or cannot be written.
    """
    images = pathlib.Path(images)
    if not images.is_dir():
        raise UserError(f"pictures={images}: expected a folder, docs/images.")
    sources = {
        name: (_of_run(picture, rows), picture.command)
        for name, picture in OF_RUNS.items()
    }
    for name, (file, command) in OF_TABLES.items():
        found = (p for top in folders for p in pathlib.Path(top).rglob(file))
        newest = max(found, key=lambda p: p.stat().st_mtime, default=None)
        sources[name] = newest, command
    copied, missing = [], []
    with writing(images):
        for name, (source, command) in sources.items():
            if source:
                shutil.copyfile(source, images / name)
                copied.append(f"{images / name}: {source}")
            else:
                missing.append(f"{name}: no run yet; {command}")
    return copied, missing


def _of_run(
    picture: Picture, rows: Sequence[RunSummary]
) -> pathlib.Path | None:
    """The newest run's file."""
    for row in reversed(rows):
        s, path = row.settings, row.folder / "samples" / picture.file
        same = (
            s.get("model") == picture.model
            and s.get("preset") == picture.preset
            and data_name(s.get("data.name", "")) == picture.data
        )
        if same and path.is_file() and _as_the_preset(row):
            return path
    return None


def _as_the_preset(row: RunSummary) -> bool:
    """Whether no setting of a run was changed, nor its training cut."""
    try:
        changed, steps = changes(row), preset_of(row).train.steps
    except UserError:
        return False
    return not changed and row.settings.get("train.steps") == steps

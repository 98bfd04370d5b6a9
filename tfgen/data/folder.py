"""The images of a folder, each decoded once."""

from __future__ import annotations

import collections
import contextlib
import os
import pathlib
import zlib
from typing import NamedTuple

import numpy as np
import tqdm

from tfgen.config import DataSpec
from tfgen.data import image_file, image_files
from tfgen.data.image_file import BadImageError
from tfgen.data.image_files import ImageFile, Notes
from tfgen.data.image_readers import read_each
from tfgen.data.settings import DataConfig
from tfgen.data.source import fits_in_memory
from tfgen.errors import UserError

_CHANNELS = {"auto": 0, "1": 1, "3": 3}


class Folder(NamedTuple):
    """What was read of a folder.

    Attributes:
      argument: what the user said, for errors.
      files: that are good.
      x: [N, H, W, C] uint8; of images that do not fit into memory, N is 0.
      checksums: of the files' pixels.
      sizes: of the files, width and height.
      settings: the other arguments of `image_file.read`.
      root: of the paths of the files.
      lost: classes of which no file is good.
      notes: what is to be said.
    """

    argument: str
    files: list[ImageFile]
    x: np.ndarray
    checksums: list[int]
    sizes: list[tuple[int, int]]
    settings: tuple
    root: pathlib.Path
    lost: list[str]
    notes: Notes

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of an image, [H, W, C]."""
        return self.x.shape[1:]

    @property
    def paths(self) -> np.ndarray:
        """[N] bytes, where the files are."""
        return np.array([os.fsencode(self.root / f.path) for f in self.files])


def read(
    folder: str,
    config: DataConfig,
    argument: str,
    size: int,
    half: str = "",
    letter: str = "",
) -> Folder:
    """Reads the images of a folder, and says nothing yet.

    Args:
      folder: of the images.
      config: `channels`; `background`; and `skip_bad_records`: leave out and
        count files that cannot be read, and images with another number of
        channels than the first.
      argument: what the user said, for errors.
      size: images are resized so that their short side has this many pixels,
        and cropped to a square around the centre.
      half: "left" or "right" of two pictures side by side.
      letter: sub-folders that end with it alone, such as trainA.

    Raises:
      UserError: no such folder, no images, a bad file, most of them bad, or a
        bad setting.
    """
    if size < 1:
        raise UserError(f"data.image_size={size}: expected at least 1.")
    try:
        background = image_file.colour(config.background)
    except ValueError:
        raise UserError(
            f"data.background={config.background}: expected a colour, such as"
            " white or #808080."
        ) from None
    root = pathlib.Path(folder).expanduser().absolute()
    if not folder or not root.is_dir():
        raise UserError(f"{argument}: expected the path of a folder.")
    settings = size, _CHANNELS[config.channels], background, half
    notes: Notes = collections.defaultdict(list)
    found = image_files.find(root, argument, notes, letter)
    files, x, *of_files = _read_all(
        root, found, settings, config, argument, notes
    )
    lost = {file.label for file in found} - {file.label for file in files}
    return Folder(
        argument, files, x, *of_files, settings, root, sorted(lost), notes
    )


def _read_all(
    root: pathlib.Path,
    files: list[ImageFile],
    settings: tuple,
    config: DataConfig,
    argument: str,
    notes: Notes,
) -> tuple[list[ImageFile], np.ndarray, list[int], list[tuple[int, int]]]:
    """Returns the good files, [N, H, W, C] pixels, their checksums and sizes.

    If they do not fit into memory, there are no pixels: N is 0.
    """
    x, good, bad, checksums, sizes = None, [], [], [], []
    paths = [f"{root}/{file.path}" for file in files]
    with contextlib.closing(read_each(paths, *settings)) as results:
        progress = tqdm.tqdm(
            results,
            desc="Reading images",
            total=len(files),
            disable=None,  # unless stderr is a terminal
        )
        for file, result in zip(files, progress):
            if not isinstance(result, Exception):
                pixels, remarks, size = result
                if x is None:
                    x = _room(len(files), pixels.shape)
                if pixels.shape == x.shape[1:]:
                    if len(x):
                        x[len(good)] = pixels
                    checksums.append(zlib.crc32(pixels))
                    sizes.append(size)
                    good.append(file)
                    for remark in remarks:
                        notes["of these", remark].append(file.path)
                    continue
                result = BadImageError(
                    f"channels: {pixels.shape[-1]}; expected {x.shape[-1]}, as"
                    " in the first image: data.channels=1 or 3 reads both"
                )
            bad.append(f"{file.path}: {result}")
            if good and not config.skip_bad_records:
                break
    if not good:
        raise UserError(
            f"{argument}: expected images with 8 bits per channel, but none of"
            f" the {len(files)} files is one; the first is {bad[0]}."
        )
    if bad and not config.skip_bad_records:
        raise UserError(
            f"{argument}: {bad[0]}; mend or remove it, or skip such files with"
            " data.skip_bad_records=true."
        )
    if len(bad) > len(good):
        raise UserError(
            f"{argument}: {len(bad)} of {len(files)} files are bad, such as"
            f" {bad[0]}; expected most of them to be good."
        )
    if bad:
        notes["skipped", f"of {len(files)} files"] += bad
    return good, x, checksums, sizes


def _room(count: int, shape: tuple[int, ...]) -> np.ndarray:
    """[count, *shape] if that fits into memory, else [0, *shape]."""
    fits = fits_in_memory(count, DataSpec(shape, 256))
    return np.empty((count if fits else 0, *shape), np.uint8)

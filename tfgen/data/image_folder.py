"""A folder of PNG and JPEG files, with one sub-folder per class or none."""

from __future__ import annotations

import multiprocessing.pool
import os
import pathlib

import numpy as np
import tqdm
from absl import logging
from PIL import Image, ImageOps

from tfgen.config import DataSpec
from tfgen.data.keys import digest, fraction
from tfgen.data.source import (
    SPLITS,
    ArraySource,
    RecordSource,
    Source,
    fits_in_memory,
    split_of,
)
from tfgen.errors import UserError

EXTENSIONS = (".png", ".jpg", ".jpeg")

# Pillow's modes of 8 bits, and what they are read as; alpha is dropped.
_MODES = {
    "1": "L",
    "L": "L",
    "LA": "L",
    "P": "RGB",
    "RGB": "RGB",
    "RGBA": "RGB",
    "CMYK": "RGB",
    "YCbCr": "RGB",
}
_CHANNELS = {"L": 1, "RGB": 3}

# What Pillow raises for a file that is damaged, or is something else.
_PILLOW_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    Image.DecompressionBombError,
)


class _BadRecordError(Exception):
    """What is wrong with a file, and what would be right."""


def load(
    folder: str, image_size: int, skip_bad_records: bool = False
) -> Source:
    """Reads a folder of images.

    Every file is decoded once here, so that a bad one is known before training
    starts. Folders that fit (`source.MEMORY_BUDGET`) stay in memory.

    A file's split is a hash of its name: 80 % train, 10 % each validation and
    test, the same on every machine, and unchanged when files are added. It is
    also the order within the split: the first images are of all classes.

    Args:
      folder: its sub-folders, if there are any, are the classes, sorted.
      image_size: images are resized so that their short side has this many
        pixels, and cropped to a square around the centre.
      skip_bad_records: leave out and count files that cannot be read, and
        images with another number of channels (1 or 3) than the first.

    Raises:
      UserError: no such folder, no images, a bad file, or an empty split.
    """
    argument = f"data=image_folder:{folder}"
    if image_size < 1:
        raise UserError(f"data.image_size={image_size}: expected at least 1.")
    root = pathlib.Path(folder).expanduser()
    if not folder or not root.is_dir():
        raise UserError(f"{argument}: expected the path of a folder.")
    files = _find(root, argument)
    classes = _classes(files, argument)
    mode = _first_mode(root, files, argument)
    shape = (image_size, image_size, _CHANNELS[mode])
    spec = DataSpec(shape, 256, len(classes), tuple(classes))
    files, images = _read_all(
        root, files, mode, spec, skip_bad_records, argument
    )
    members = _members(files, argument)
    columns = {}
    if classes:
        names = [file.split("/")[0] for file in files]
        columns["label"] = np.searchsorted(classes, names).astype(np.int32)
    if images is not None:
        columns["x"] = images
    else:
        columns["file"] = np.array([str(root / file) for file in files])
    splits = {
        split: {name: column[i] for name, column in columns.items()}
        for split, i in members.items()
    }
    if images is not None:
        return ArraySource(spec, splits)
    return _streamed(spec, mode, splits)


def _find(root: pathlib.Path, argument: str) -> list[str]:
    """The images' names below `root`, with "/", sorted."""
    files = []
    for folder, subfolders, names in os.walk(root, followlinks=True):
        subfolders[:] = [s for s in subfolders if not s.startswith(".")]
        files += [
            (pathlib.Path(folder) / name).relative_to(root).as_posix()
            for name in names
            if name.lower().endswith(EXTENSIONS) and not name.startswith(".")
        ]
    if not files:
        raise UserError(
            f"{argument}: expected files that end in {', '.join(EXTENSIONS)},"
            " found none."
        )
    return sorted(files)


def _classes(files: list[str], argument: str) -> list[str]:
    """The names of the sub-folders that hold images, sorted."""
    loose = [file for file in files if "/" not in file]
    if loose and len(loose) < len(files):
        raise UserError(
            f"{argument}: {loose[0]} lies beside the sub-folders; expected"
            " every image in one (its class), or all of them in none."
        )
    return [] if loose else sorted({file.split("/")[0] for file in files})


def _first_mode(root: pathlib.Path, files: list[str], argument: str) -> str:
    """The mode that the first image is read as."""
    for file in files:
        try:
            with Image.open(root / file) as image:
                return _MODES[image.mode]
        except (*_PILLOW_ERRORS, KeyError):
            continue  # reported by `_read_all`, with the reason
    raise UserError(
        f"{argument}: expected PNG or JPEG images with 8 bits per channel, but"
        f" none of the {len(files)} files is one; the first is {files[0]}."
    )


def _read_all(
    root: pathlib.Path,
    files: list[str],
    mode: str,
    spec: DataSpec,
    skip_bad_records: bool,
    argument: str,
) -> tuple[list[str], np.ndarray | None]:
    """Returns the good files and, if they fit, their pixels."""

    def read(file: str) -> np.ndarray | _BadRecordError:
        try:
            return _read(root / file, mode, spec.shape[0])
        except _BadRecordError as error:
            return error

    images = None
    if fits_in_memory(len(files), spec):
        images = np.empty((len(files), *spec.shape), np.uint8)
    good, bad = [], []
    # Threads, since Pillow decodes without the interpreter's lock.
    with multiprocessing.pool.ThreadPool() as pool:
        results = tqdm.tqdm(
            pool.imap(read, files),
            desc="Reading images",
            total=len(files),
            disable=None,  # unless stderr is a terminal
        )
        for file, image in zip(files, results):
            if not isinstance(image, _BadRecordError):
                if images is not None:
                    images[len(good)] = image
                good.append(file)
            elif skip_bad_records:
                bad.append(f"{file}: {image}")
            else:
                raise UserError(
                    f"{argument}: {file}: {image}; mend or remove it, or skip"
                    " such files with data.skip_bad_records=true."
                )
    if bad:
        logging.warning(
            "%s: skipped %d of %d files, such as %s.",
            argument,
            len(bad),
            len(files),
            bad[0],
        )
    return good, images


def _read(path: str | pathlib.Path, mode: str, size: int) -> np.ndarray:
    """Returns [size, size, C] uint8, or raises `_BadRecordError`."""
    try:
        with Image.open(path) as image:
            found = _MODES.get(image.mode)
            if found is None:
                raise _BadRecordError(
                    f"Pillow's mode {image.mode}; expected 8 bits per channel"
                )
            if found != mode:
                raise _BadRecordError(
                    f"channels: {_CHANNELS[found]}; expected"
                    f" {_CHANNELS[mode]}, as in the first image"
                )
            if image.mode == "P":
                # A palette may hold transparent colours, and Pillow warns when
                # they are dropped in one go.
                image = image.convert("RGBA")
            # `fit` crops to a square around the centre, then resizes with a
            # filter as wide as the scale asks for, so without aliases.
            fitted = ImageOps.fit(
                image.convert(mode), (size, size), Image.Resampling.BICUBIC
            )
    except _PILLOW_ERRORS as error:
        raise _BadRecordError(f"not a readable image ({error})") from error
    return np.asarray(fitted).reshape(size, size, _CHANNELS[mode])


def _members(files: list[str], argument: str) -> dict[str, list[int]]:
    """Split -> which of `files` belong to it, in its order."""
    members = {split: [] for split in SPLITS}
    for i in np.argsort([fraction("image_folder", file) for file in files]):
        members[split_of("image_folder", files[i])].append(i)
    for split, indices in members.items():
        if not indices:
            raise UserError(
                f"{argument}: none of the {len(files)} images falls into the"
                f" {split} split; expected more images, at least about 50."
            )
    return members


def _streamed(
    spec: DataSpec, mode: str, splits: dict[str, dict[str, np.ndarray]]
) -> RecordSource:
    """Decodes a file whenever it is needed."""
    import tensorflow as tf

    def read(path: bytes) -> np.ndarray:
        return _read(os.fsdecode(path), mode, spec.shape[0])

    def decode(record: dict, place: tf.Tensor) -> dict:
        del place  # the crop is at the centre
        example = dict(record)
        x = tf.numpy_function(
            read, [example.pop("file")], tf.uint8, stateful=False
        )
        return {"x": tf.ensure_shape(x, spec.shape), **example}

    return RecordSource(
        spec,
        {split: len(columns["file"]) for split, columns in splits.items()},
        lambda split: tf.data.Dataset.from_tensor_slices(splits[split]),
        decode,
        digest(*(columns["file"] for columns in splits.values())),
    )

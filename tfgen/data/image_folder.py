"""A folder of image files, with a sub-folder per split or class, or none."""

from __future__ import annotations

import collections
import contextlib
import os
import pathlib
import zlib

import numpy as np
import tqdm

from tfgen.config import DataSpec
from tfgen.data import image_file, image_files
from tfgen.data.image_file import BadImageError
from tfgen.data.image_files import ImageFile, Notes
from tfgen.data.image_readers import read_each
from tfgen.data.keys import digest
from tfgen.data.settings import DataConfig
from tfgen.data.source import (
    SPLITS,
    ArraySource,
    RecordSource,
    Source,
    fits_in_memory,
    say_read,
    split_at,
)
from tfgen.errors import UserError

_CHANNELS = {"auto": 0, "1": 1, "3": 3}


def load(folder: str, config: DataConfig) -> Source:
    """Reads a folder of images.

    Every file is decoded once here, so that a bad one is known before training
    starts. Folders that fit (`source.MEMORY_BUDGET`) stay in memory. One line
    says what was read, and what was not.

    Sub-folders are classes, unless all have names of splits
    (`image_files.SPLIT_FOLDERS`); then theirs are, if there are any. A split
    without a folder is taken out of train.

    A file's split is a hash of its name (its class's and its own): 80 % train,
    10 % each validation and test, the same on every machine, and unchanged when
    files are added. It is also the order within the split: the first images are
    of all classes.

    Args:
      folder: of the images.
      config: `image_size`: images are resized so that their short side has this
        many pixels, and cropped to a square around the centre; `channels`;
        `background`; and `skip_bad_records`: leave out and count files that
        cannot be read, and images with another number of channels than the
        first.

    Raises:
      UserError: no such folder, no images, a bad file, most of them bad, a
        bad setting, or an empty split.
    """
    name = f"image_folder:{folder}"
    argument = f"data={name}"
    size = config.image_size
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
    settings = size, _CHANNELS[config.channels], background
    notes: Notes = collections.defaultdict(list)
    found = image_files.find(root, argument, notes)
    files, x, checksums = _read_all(
        root, found, settings, config, argument, notes
    )
    classes = sorted({file.label for file in files} - {""})
    notes["nothing is left of", "classes"] += sorted(
        {file.label for file in found}.difference(classes, [""])
    )
    members = _members(files, argument)
    spec = DataSpec(x.shape[1:], 256, len(classes), tuple(classes))
    columns = {}
    if classes:
        names = [file.label for file in files]
        columns["label"] = np.searchsorted(classes, names).astype(np.int32)
    if len(x):
        columns["x"] = x
    else:
        columns["file"] = np.array([os.fsencode(root / f.path) for f in files])
    splits = {
        split: {name: column[i] for name, column in columns.items()}
        for split, i in members.items()
    }
    if len(x):
        source = ArraySource(spec, splits)
    else:
        places = np.array([file.place for file in files])
        named = digest(places, np.array(checksums))
        source = _streamed(spec, background, splits, named)
    say_read(name, source, _remarks(files, members, classes, notes))
    return source


def _read_all(
    root: pathlib.Path,
    files: list[ImageFile],
    settings: tuple,
    config: DataConfig,
    argument: str,
    notes: Notes,
) -> tuple[list[ImageFile], np.ndarray, list[int]]:
    """Returns the good files, [N, H, W, C] pixels and their checksums.

    If they do not fit into memory, there are no pixels: N is 0.
    """
    x, good, bad, checksums = None, [], [], []
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
                pixels, remarks = result
                if x is None:
                    x = _room(len(files), pixels.shape)
                if pixels.shape == x.shape[1:]:
                    if len(x):
                        x[len(good)] = pixels
                    checksums.append(zlib.crc32(pixels))
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
    return good, x, checksums


def _room(count: int, shape: tuple[int, ...]) -> np.ndarray:
    """[count, *shape] if that fits into memory, else [0, *shape]."""
    fits = fits_in_memory(count, DataSpec(shape, 256))
    return np.empty((count if fits else 0, *shape), np.uint8)


def _members(files: list[ImageFile], argument: str) -> dict[str, list[int]]:
    """Split -> which of `files` belong to it, in its order."""
    members = {split: [] for split in SPLITS}
    folders = {file.split for file in files}
    for i in np.argsort([file.place for file in files]):
        split = split_at(files[i].place)
        if files[i].split in ("validation", "test"):
            split = files[i].split
        elif split in folders:  # it has images of its own
            split = "train"
        members[split].append(i)
    for split, indices in members.items():
        if not indices:
            raise UserError(
                f"{argument}: none of the {len(files)} images falls into the"
                f" {split} split; expected more images, at least about 50."
            )
    return members


def _remarks(
    files: list[ImageFile],
    members: dict[str, list[int]],
    classes: list[str],
    notes: Notes,
) -> list[str]:
    """What is to be said besides what was read."""
    trained_on = {files[i].label for i in members["train"]}
    notes["no training images of", "classes"] += [
        name for name in classes if name not in trained_on
    ]
    folders = {file.split for file in files} - {""}
    notes["took out of train", "splits"] += [
        split for split in SPLITS if folders and split not in folders
    ]
    return [
        f"{verb} {len(names):,} {what}, such as {names[0]}"
        for (verb, what), names in notes.items()
        if names
    ]


def _streamed(
    spec: DataSpec,
    background: tuple[int, int, int],
    splits: dict[str, dict[str, np.ndarray]],
    named: str,
) -> RecordSource:
    """Decodes a file whenever it is needed."""
    import tensorflow as tf

    def pixels(path: bytes) -> np.ndarray:
        size, _, channels = spec.shape
        return image_file.read(path, size, channels, background)[0]

    def decode(record: dict, place: tf.Tensor) -> dict:
        del place  # the crop is at the centre
        example = dict(record)
        x = tf.numpy_function(
            pixels, [example.pop("file")], tf.uint8, stateful=False
        )
        return {"x": tf.ensure_shape(x, spec.shape), **example}

    return RecordSource(
        spec,
        {split: len(columns["file"]) for split, columns in splits.items()},
        lambda split: tf.data.Dataset.from_tensor_slices(splits[split]),
        decode,
        named,
    )

"""A folder of image files, with a sub-folder per split or class, or none."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tfgen.config import DataSpec, Field
from tfgen.data import image_file
from tfgen.data.folder import Folder, read
from tfgen.data.image_files import ImageFile
from tfgen.data.keys import digest
from tfgen.data.settings import DataConfig
from tfgen.data.source import (
    SPLITS,
    ArraySource,
    RecordSource,
    Source,
    say_read,
    split_at,
)
from tfgen.errors import UserError


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
      config: see `read`.

    Raises:
      UserError: see `read`; or an empty split.
    """
    name = f"image_folder:{folder}"
    found = read(folder, config, f"data={name}", config.image_size)
    source, said = source_of({"x": found}, {"x": config.image_size})
    say_read(name, source, said)
    return source


def source_of(
    folders: Mapping[str, Folder], sizes: Mapping[str, int]
) -> tuple[Source, list[str]]:
    """Returns a source of images, and what is to be said besides.

    Args:
      folders: field, `x` first, -> its images; rows belong together. Splits and
        classes are those of `x`.
      sizes: field -> pixels of a side. Images with more are cut: while
        training, at random, else around the centre.

    Raises:
      UserError: a split is empty.
    """
    found = folders["x"]
    members = _members(found.files, found.argument)
    classes = sorted({file.label for file in found.files} - {""})
    columns = {}
    if classes:
        names = [file.label for file in found.files]
        columns["label"] = np.searchsorted(classes, names).astype(np.int32)
    shapes = {
        name: (size, size, folders[name].shape[-1])
        for name, size in sizes.items()
    }
    fields = tuple(Field(n, shapes[n], 256) for n in shapes if n != "x")
    spec = DataSpec(shapes["x"], 256, len(classes), tuple(classes), fields)
    in_memory = all(len(folder.x) for folder in folders.values())
    for name, folder in folders.items():
        columns[name] = folder.x if in_memory else folder.paths
    splits = {
        split: {name: column[i] for name, column in columns.items()}
        for split, i in members.items()
    }
    if in_memory:
        for split in SPLITS[1:]:
            for name, size in sizes.items():
                splits[split][name] = _centre(splits[split][name], size)
        source = ArraySource(spec, splits)
    else:
        places = np.array([file.place for file in found.files])
        sums = [np.array(folder.checksums) for folder in folders.values()]
        source = _streamed(spec, folders, splits, digest(places, *sums))
    said = [
        remark
        for folder in folders.values()
        for remark in _remarks(folder, members, classes)
    ]
    return source, list(dict.fromkeys(said))


def _centre(x: np.ndarray, size: int) -> np.ndarray:
    """Cuts [N, S, S, C] to [N, size, size, C]."""
    start = (x.shape[1] - size + 1) // 2
    return x[:, start : start + size, start : start + size]


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
    found: Folder, members: Mapping[str, list[int]], classes: list[str]
) -> list[str]:
    """What is to be said besides what was read."""
    files, notes = found.files, found.notes
    notes["nothing is left of", "classes"] += found.lost
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
    folders: Mapping[str, Folder],
    splits: Mapping[str, Mapping[str, np.ndarray]],
    named: str,
) -> RecordSource:
    """Decodes files whenever they are needed."""
    import tensorflow as tf

    from tfgen.data import augment

    shapes = {field.name: field.shape for field in (spec.x, *spec.fields)}

    def decode(record: dict, place: tf.Tensor) -> dict:
        example = dict(record)
        for name, folder in folders.items():
            size, _, *settings = folder.settings

            def pixels(path, size=size, shape=folder.shape, settings=settings):
                return image_file.read(path, size, shape[-1], *settings).x

            x = tf.numpy_function(
                pixels, [example[name]], tf.uint8, stateful=False
            )
            x = tf.ensure_shape(x, folder.shape)
            if folder.shape != shapes[name]:
                x = augment.crop(x, shapes[name][0], place)
            example[name] = tf.ensure_shape(x, shapes[name])
        return example

    return RecordSource(
        spec,
        {split: len(columns["x"]) for split, columns in splits.items()},
        lambda split: tf.data.Dataset.from_tensor_slices(dict(splits[split])),
        decode,
        named,
        here=True,
    )

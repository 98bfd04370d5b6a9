"""Images from TensorFlow Datasets, prepared as papers do."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from tfgen.config import DataSpec, Field
from tfgen.data.augment import CENTRE, crop
from tfgen.data.loaded import damage_in_words, first_line, in_memory
from tfgen.data.pipeline import in_order
from tfgen.data.settings import DataConfig
from tfgen.data.source import (
    SPLITS,
    RecordSource,
    Source,
    fits_in_memory,
    say_read,
)
from tfgen.errors import UserError

# A split that is carved out of "train" has a tenth of it, but no more.
MAX_HELD_OUT = 5000


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How images become squares of one size; the steps in order.

    Attributes:
      crop: side of the square that is cut from the centre; 0 = all.
      short_side: what the short side is resized to; 0 = as it is.
      size: side of the square that is cut last.
      random: cut it anywhere while training; else from the centre.
    """

    size: int
    crop: int = 0
    short_side: int = 0
    random: bool = False


# By TFDS's name, of the configuration or of all its configurations. Data sets
# that are missing here have images of one size, or take `data.image_size`.
# `data.short_side` takes another scale, for models whose papers do.
RECIPES = {
    # Dinh et al. 2017, arXiv:1605.08803, section 4.1.
    "celeb_a": Recipe(crop=148, short_side=64, size=64),
    "lsun": Recipe(short_side=96, size=64, random=True),
    # TFDS does not say that the images have this size already.
    "downsampled_imagenet/32x32": Recipe(size=32),
    "downsampled_imagenet/64x64": Recipe(size=64),
}


def load(name: str, config: DataConfig) -> Source:
    """Opens a data set of images.

    Sets of one fixed size that fit (`source.MEMORY_BUDGET`) are decoded once
    and stay in memory; the others are read as needed.

    Args:
      name: TFDS's, such as `cifar10` or `lsun/tower`.
      config: `data_dir`, `download` and, for images of many sizes,
        `short_side`; `image_size`, if no paper prescribes a size;
        `skip_bad_records` reads all once, and leaves out and counts what cannot
        be read or decoded.

    Raises:
      UserError: TFDS does not know the name, it is not prepared, its download
        failed, it does not hold 8-bit images to train on, its images would
        be smaller than what is cut from them, or records are damaged.
    """
    argument = f"data={config.name}"
    builder = prepared(argument, name, config.data_dir, config.download)
    features = dict(builder.info.features)
    image = _image_feature(argument, features)
    label = features.get("label")
    if not isinstance(label, tfds.features.ClassLabel):
        label = None
    recipe = _recipe(builder, image.shape, config)
    side = (recipe.size, recipe.size) if recipe else image.shape[:2]
    spec = DataSpec(
        shape=(*side, image.shape[2]),
        levels=256,
        num_classes=label.num_classes if label else 0,
        labels=_names(label) if label else (),
        fields=_attributes(features),
    )
    parts = _parts(
        argument, {k: v.num_examples for k, v in builder.info.splits.items()}
    )
    wanted = {"image": image} | ({"label": label} if label else {})
    wanted |= {field.name: features[field.name] for field in spec.fields}
    decoders = tfds.decode.PartialDecoding(
        wanted, decoders={"image": tfds.decode.SkipDecoding()}
    )

    def records(split: str) -> tf.data.Dataset:
        return builder.as_dataset(
            split=parts[split],
            decoders=decoders,
            read_config=tfds.ReadConfig(
                try_autocache=False,
                assert_cardinality=not config.skip_bad_records,
            ),
        )

    def decode(record: dict, place: tf.Tensor) -> dict:
        x = image.decode_example(record["image"])
        if recipe:
            x = _prepare(x, recipe, place)
        example = {"x": tf.ensure_shape(x, spec.shape)}
        if label:
            example["label"] = tf.cast(record["label"], tf.int32)
        for field in spec.fields:
            values = [record[field.name][name] for name in field.names]
            example[field.name] = tf.cast(tf.stack(values), tf.float32)
        return example

    sizes = {
        split: builder.info.splits[part].num_examples
        for split, part in parts.items()
    }
    named = builder.info.full_name
    source = RecordSource(spec, sizes, records, decode, named)
    remarks = []
    if config.skip_bad_records:
        source, remarks = _without_bad_records(argument, source)
    moves = recipe is not None and recipe.random
    if not moves and fits_in_memory(sum(sizes.values()), spec):
        with damage_in_words(config.name, tf.errors.OpError):
            source = in_memory(source)
    say_read(config.name, source, remarks)
    return source


def prepared(
    argument: str, name: str, data_dir: str, download: bool
) -> tfds.core.DatasetBuilder:
    """Returns the builder of a data set, ready to read.

    Args:
      argument: what the user said, for errors.
      name: TFDS's.
      data_dir: where it is prepared; "" is TFDS's default.
      download: download and prepare it if it is not there.

    Raises:
      UserError: TFDS does not know it, it is not prepared, or its download
        failed.
    """
    try:
        builder = tfds.builder(name, data_dir=data_dir or None)
    except ValueError as error:
        raise UserError(
            f"{argument}: TensorFlow Datasets has no {name!r}, neither as code"
            f" nor prepared in {data_dir or 'its folder'}; see"
            " https://www.tensorflow.org/datasets/catalog/overview for names."
        ) from error
    if builder.is_prepared():
        return builder
    if not download:
        where = f" --data_dir={data_dir}" if data_dir else ""
        raise UserError(
            f"{argument}: not found in {builder.data_path}; prepare it with"
            f" `tfds build {name}{where}`, or add data.download=true."
        )
    try:
        builder.download_and_prepare()
    # Whatever a network, a disk or a data set's own script can raise.
    except Exception as error:
        reason = str(error).strip().split("\n")[0]
        raise UserError(
            f"{argument}: could not be downloaded and prepared:"
            f" {type(error).__name__}: {reason}"
        ) from error
    return builder


def _names(label: tfds.features.ClassLabel) -> tuple[str, ...]:
    """Names of classes; none if they are but their numbers."""
    names = tuple(label.names or ())
    numbers = tuple(map(str, range(len(names))))
    return () if names == numbers else names


def _attributes(features: Mapping[str, Any]) -> tuple[Field, ...]:
    """What CelebA says of its faces: names with a yes or no each."""
    found = features.get("attributes")
    if not isinstance(found, tfds.features.FeaturesDict):
        return ()
    if any(f.shape or f.np_dtype != np.bool_ for f in found.values()):
        return ()
    names = tuple(sorted(found))
    return (Field("attributes", (len(names),), names=names),)


def _image_feature(argument: str, features: Mapping[str, Any]) -> Any:
    image = features.get("image")
    if not isinstance(image, tfds.features.Image) or image.np_dtype != np.uint8:
        raise UserError(
            f"{argument}: expected a data set whose feature 'image' holds"
            f" 8-bit images, got the features {', '.join(features)}."
        )
    return image


def _recipe(
    builder: tfds.core.DatasetBuilder,
    shape: tuple[int | None, ...],
    config: DataConfig,
) -> Recipe | None:
    """How to make the images one size; None if they are."""
    variant = builder.builder_config
    named = f"{builder.name}/{variant.name if variant else ''}"
    recipe = RECIPES.get(named) or RECIPES.get(builder.name)
    if not recipe and None in shape[:2]:
        recipe = Recipe(short_side=config.image_size, size=config.image_size)
    side = config.short_side
    if not (side and recipe and recipe.short_side):
        return recipe
    if side < recipe.size:
        raise UserError(
            f"data.short_side={side}: expected 0, or at least the"
            f" {recipe.size} pixels of the square that is cut."
        )
    # Who scales to the square's own size wants the image as a whole.
    return dataclasses.replace(
        recipe, short_side=side, random=side > recipe.size
    )


def _parts(argument: str, sizes: Mapping[str, int]) -> dict[str, str]:
    """Our split -> TFDS's, such as `train[:45000]`; no two overlap.

    "test" is the data set's, or else its "validation" (for some, all that has
    been published); what is still missing is the end of "train".
    """
    if sizes.get("train", 0) < 10:
        raise UserError(
            f"{argument}: expected a split 'train' of at least 10 examples, got"
            f" the splits {', '.join(f'{k} ({n})' for k, n in sizes.items())}."
        )
    test = next((s for s in ("test", "validation") if s in sizes), None)
    validation = "validation" if {"test", "validation"} <= set(sizes) else None
    n = sizes["train"]
    held_out = min(n // 10, MAX_HELD_OUT)
    parts = {}
    for split, part in (("test", test), ("validation", validation)):
        parts[split] = part or f"train[{n - held_out}:{n}]"
        n -= 0 if part else held_out
    parts["train"] = f"train[:{n}]"
    return {split: parts[split] for split in SPLITS}


def _prepare(x: tf.Tensor, recipe: Recipe, place: tf.Tensor) -> tf.Tensor:
    """[H, W, C] uint8 -> [size, size, C] uint8."""
    centre = tf.constant(CENTRE)
    if recipe.crop:
        x = crop(x, recipe.crop, centre)
    if recipe.short_side:
        x = _resize(x, recipe.short_side)
    return crop(x, recipe.size, place if recipe.random else centre)


def _resize(x: tf.Tensor, short_side: int) -> tf.Tensor:
    """[H, W, C] uint8 -> the same with min(H, W) = short_side."""
    size = tf.cast(tf.shape(x)[:2], tf.float32)
    scale = short_side / tf.reduce_min(size)
    size = tf.cast(tf.round(size * scale), tf.int32)
    # The mean over the area of the new pixel: what "downsample" means, and
    # free of aliases.
    x = tf.image.resize(x, size, method="area")
    return tf.cast(tf.round(x), tf.uint8)


def _without_bad_records(
    argument: str, source: RecordSource
) -> tuple[RecordSource, list[str]]:
    """The records that can be decoded, and a remark on the others, if any.

    What follows a damaged record in its file cannot be found, either.
    """

    def numbered(split: str) -> tf.data.Dataset:
        return source.records(split).ignore_errors().enumerate()

    good, remarks = {}, []
    for split in SPLITS:
        decoded = numbered(split).map(
            lambda i, record: (i, source.decode(record, tf.constant(CENTRE))),
            num_parallel_calls=tf.data.AUTOTUNE,
        )
        places = [i for i, _ in decoded.ignore_errors().as_numpy_iterator()]
        good[split] = np.array(places, np.int64)
    sizes = {split: len(places) for split, places in good.items()}
    total, left = sum(source.sizes.values()), sum(sizes.values())
    if left < total:
        first = _first_error(source)
        lost = f"{total - left:,} of {total:,} records"
        if left <= total / 2 or not all(sizes.values()):
            raise UserError(
                f"{argument}: {lost} cannot be read, such as {first}; prepare"
                " it again."
            )
        remarks = [f"skipped {lost}, such as {first}"]

    def records(split: str) -> tf.data.Dataset:
        kept = np.zeros(source.sizes[split], bool)
        kept[good[split]] = True
        kept = tf.constant(kept)
        return (
            numbered(split)
            .filter(lambda i, _: kept[i])
            .map(lambda _, record: record)
        )

    return dataclasses.replace(source, sizes=sizes, records=records), remarks


def _first_error(source: RecordSource) -> str:
    for split in SPLITS:
        try:
            for _ in in_order(source, split):
                pass
        except tf.errors.OpError as error:
            return f"{split}: {first_line(error)}"
    return "no error"

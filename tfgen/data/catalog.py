"""The table of data sets.

This module imports nothing heavy: the apps' `--help` lists the names. What a
name needs is imported when it is loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tfgen.errors import UserError, one_of

if TYPE_CHECKING:
    from tfgen.config import DataSpec
    from tfgen.data.settings import DataConfig
    from tfgen.data.source import Source

TOYS = {
    "moons": "two half circles that interlock, 2-D",
    "rings": "four circles around one point, 2-D",
    "eight_gaussians": "eight Gaussians on a circle, 2-D",
    "checkerboard": "the dark squares of a 4x4 board, 2-D",
    "spirals": "two arms of a spiral, 2-D",
    "grid_gaussians": "25 Gaussians on a 5x5 grid, 2-D",
    "parabola": "a bent Gaussian, of entropy 3.5310 nats, 2-D",
    "energy_1": "a ring with two bright sides, by its energy, 2-D",
    "energy_2": "a wave, likewise, 2-D",
    "energy_3": "a wave with a bulge, likewise, 2-D",
    "energy_4": "a wave that splits, likewise, 2-D",
}

MIXED_SOURCES = {
    f"mixed_sources_{n}": f"sources in segments of time, mixed by {layers}"
    for n, layers in [(1, "a matrix"), (2, "2 layers"), (3, "3 layers")]
}

TFDS = {
    "mnist": "70,000 handwritten digits, 28x28",
    "fashion_mnist": "70,000 pieces of clothing, 28x28",
    "cifar10": "60,000 objects of 10 classes, 32x32",
    "svhn_cropped": "99,289 digits of house numbers, 32x32",
    "downsampled_imagenet/32x32": "1.3 million photographs, 32x32",
    "downsampled_imagenet/64x64": "1.3 million photographs, 64x64",
    "celeb_a": "202,599 faces, 64x64",
    "lsun/bedroom": "3 million bedrooms, 64x64",
    "lsun/tower": "708,264 towers, 64x64",
    "lsun/church_outdoor": "126,227 churches, 64x64",
}

SCENES = {
    "scenes": "outlines of shapes, and the shapes filled with their colour",
    "two_coloured_scenes": "likewise, each red or blue, whatever the outline",
    "moving_scenes": "two frames of a shape, and a third, where it has turned",
    "captioned_scenes": "shapes, and the words of their captions",
}

CHANGED_DIGITS = {
    "turned_digits": "digits, and the same turned by a right angle",
    "inverted_digits": "digits, and the same dark on light",
    "thinned_digits": "digits, and the same in thin strokes",
    "textured_digits": "digits, and the same as a camera sees them",
}

SPRITES = "sprites"
DSPRITES_PREFIX = "dsprites:"
FOLDER_PREFIX = "image_folder:"
NPZ_PREFIX = "npz:"
TABLE_PREFIX = "csv:"
PAIRED_PREFIX, UNPAIRED_PREFIX = "paired:", "unpaired:"
TWO_FOLDERS = (PAIRED_PREFIX, UNPAIRED_PREFIX)
RECORDS_PREFIX = "records:"
ARRAYS = "arrays"  # from Python
TFDS_PREFIX = "tfds:"
UCI_PREFIX = "uci:"

# Name -> what it is, for people.
DATA = {
    "digits": "1,797 handwritten digits, 8x8, 17 gray levels (scikit-learn)",
    "photographs": "10,800 patches of two photographs, 32x32 (scikit-learn)",
    **TOYS,
    **MIXED_SOURCES,
    **SCENES,
    **CHANGED_DIGITS,
    SPRITES: "drawn shapes of known size, angle, place and gray, 8x8 to 64x64",
    DSPRITES_PREFIX + "PATH": "the published file of dSprites, 64x64",
    NPZ_PREFIX + "PATH": "arrays x and label, or x_train, y_train, …",
    TABLE_PREFIX + "PATH": "columns of numbers: CSV, TSV or Parquet",
    RECORDS_PREFIX + "PATH": "a folder of prepared data",
    FOLDER_PREFIX + "PATH": "image files, one sub-folder per split or class",
    PAIRED_PREFIX + "A,B": "folders with files of the same names, or one folder"
    " of files with both side by side",
    UNPAIRED_PREFIX + "A,B": "two folders of images or of records, or one with"
    " trainA, trainB, …",
    **TFDS,
    TFDS_PREFIX + "NAME": "any other images from TensorFlow Datasets",
    UCI_PREFIX + "NAME": "power, gas, hepmass, miniboone, bsds300 in data_dir",
}


# What the pipeline does to pictures, of any source of them.
_OF_PICTURES = ("flip", "jitter", "binarize", "background")
_OF_FILES = ("image_size", "channels", "skip_bad_records")

# Kind of data -> settings that are read for it.
READ = {
    **dict.fromkeys(TOYS, ("num_examples",)),
    **dict.fromkeys(MIXED_SOURCES, ("num_examples", "sources", "segments")),
    **dict.fromkeys((*SCENES, SPRITES), ("num_examples", "image_size")),
    DSPRITES_PREFIX: ("num_examples",),
    TABLE_PREFIX: (
        "columns",
        "label_column",
        "condition_columns",
        "split_column",
        "split_seed",
        "skip_bad_records",
    ),
    UCI_PREFIX: ("data_dir",),
    FOLDER_PREFIX: _OF_FILES,
    **dict.fromkeys(TWO_FOLDERS, (*_OF_FILES, "y_size")),
    RECORDS_PREFIX: ("skip_bad_records",),
    **dict.fromkeys(
        (*TFDS, TFDS_PREFIX),
        (
            "data_dir",
            "download",
            "skip_bad_records",
            "image_size",
            "short_side",
        ),
    ),
}


def read_for(name: str) -> tuple[str, ...]:
    """Returns the settings of `DataConfig` that are read for data of a kind.

    Args:
      name: of the data.
    """
    kind, colon, others = name.partition(":")
    if kind in CHANGED_DIGITS:
        return read_for(others or "digits")
    kind += colon
    found = READ.get(kind, ())
    no_pictures = kind in (TABLE_PREFIX, UCI_PREFIX, *TOYS, *MIXED_SOURCES)
    return found if no_pictures else (*found, *_OF_PICTURES)


def of_arrays(name: str) -> bool:
    """Returns whether data are arrays, whose labels may be any numbers.

    Args:
      name: of the data.
    """
    return name == ARRAYS or name.startswith(NPZ_PREFIX)


def load(config: DataConfig, seed: int, like: DataSpec | None = None) -> Source:
    """Returns the data that `config` names.

    Args:
      config: name and settings.
      seed: of what is drawn; every other source has a fixed split.
      like: what a model knows of its data; of a table its columns are read.

    Raises:
      UserError: an unknown name, or a bad setting or file.
    """
    name = config.name
    if name in TOYS:
        from tfgen.data import toys

        return toys.load(name, config.num_examples, seed)
    if name in MIXED_SOURCES:
        from tfgen.data import mixed_sources

        return mixed_sources.load(config, seed)
    if name in SCENES:
        from tfgen.data import scenes

        return scenes.load(name, config, seed)
    if name.partition(":")[0] in CHANGED_DIGITS:
        from tfgen.data import changed_digits

        return changed_digits.load(name, config, seed)
    if name == SPRITES:
        from tfgen.data import sprites

        return sprites.load(config, seed)
    if name.startswith(DSPRITES_PREFIX):
        from tfgen.data import dsprites

        return dsprites.load(name.removeprefix(DSPRITES_PREFIX), config)
    if name.startswith(NPZ_PREFIX):
        from tfgen.data import arrays

        return arrays.read(name.removeprefix(NPZ_PREFIX))
    if name.startswith(TABLE_PREFIX):
        from tfgen.data import table_source

        return table_source.load(name.removeprefix(TABLE_PREFIX), config, like)
    if name.startswith(UCI_PREFIX):
        from tfgen.data import uci

        return uci.read_table(name.removeprefix(UCI_PREFIX), config)
    if name.startswith(RECORDS_PREFIX):
        from tfgen.data import records

        return records.load(name.removeprefix(RECORDS_PREFIX), config)
    if name.startswith(FOLDER_PREFIX):
        from tfgen.data import image_folder

        return image_folder.load(name.removeprefix(FOLDER_PREFIX), config)
    if name.startswith(TWO_FOLDERS):
        from tfgen.data import two_folders
        from tfgen.data.settings import TwoDomainDataConfig

        kind, _, where = name.partition(":")
        if not isinstance(config, TwoDomainDataConfig):
            raise UserError(
                f"data={name}: is for models that translate; this one learns"
                f" {FOLDER_PREFIX}A."
            )
        return getattr(two_folders, kind)(where, config)
    if name in TFDS or name.startswith(TFDS_PREFIX):
        from tfgen.data import tfds_source

        return tfds_source.load(name.removeprefix(TFDS_PREFIX), config)
    if name == ARRAYS:
        raise UserError(
            f"data={ARRAYS}: these came from Python; load the run there, with"
            " tfgen.load(workdir, data=…)."
        )
    one_of("data", name, DATA, "images and points")
    from tfgen.data import digits, photographs

    return {"digits": digits, "photographs": photographs}[name].load()

"""Image files and folders of them as inputs: gray levels in one size."""

import itertools
import os
import pathlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from tfgen.config import DataSpec
from tfgen.data import image_file, image_files
from tfgen.data.image_readers import read_each
from tfgen.data.keys import digest
from tfgen.errors import UserError
from tfgen.scoring import block

_MOST = 1 << 24  # numbers of a block


def source(
    inputs: Sequence[str],
    spec: DataSpec,
    background: str,
    say: Callable[[str], None],
    own_size: bool = False,
) -> block.Source:
    """Returns the images of files and folders; see `inputs.sources`."""
    height, width, channels = spec.shape if len(spec.shape) == 3 else (0, 0, 0)
    square = height == width or own_size
    if not (spec.levels and square and channels in (1, 3)):
        table = f"a table, csv:{inputs[0]}, or " if spec.columns else ""
        raise UserError(
            f"input={inputs[0]}: the model takes examples of shape"
            f" {spec.shape}; expected them in {table}a .npz or .npy file."
        )
    paths = [path for each in inputs for path in _paths(each, say)]
    how = f"resized and cropped to {height} x {width} where they have another"
    say(f"{len(paths):,} images, {'each in its own' if own_size else how} size")
    side = None if own_size else height
    settings = side, channels, image_file.colour(background)
    size = 1 if own_size else max(1, min(block.SIZE, _MOST // spec.size))

    said: set[str] = set()

    def blocks(start: int) -> Iterator[block.Block]:
        left = paths[start:]
        results = zip(left, read_each(left, *settings))
        while part := list(itertools.islice(results, size)):
            bad, x = {}, []
            for i, (_, result) in enumerate(part):
                if isinstance(result, Exception):
                    bad[i] = str(result)
                else:
                    x.append(result.x)
                    for note in set(result.notes) - said:
                        said.add(note)
                        say(f"{part[i][0]}: {note}; others are not named")
            names = [image_files.shown(path) for path, _ in part]
            yield block.Block(names, bad, {"x": _levels(x, spec)})

    return block.Source(digest(*paths), len(paths), size, blocks)


def _levels(x: list[np.ndarray], spec: DataSpec) -> np.ndarray:
    """Shades [N, H, W, C] of 8 bits as the nearest gray levels."""
    shape = x[0].shape if x else spec.shape
    levels = np.array(x, np.float32).reshape(-1, *shape)
    return np.round(levels * np.float32((spec.levels - 1) / 255))


def read_image(path: str, spec: DataSpec, background: str) -> np.ndarray:
    """Returns the gray levels [H, W, C] of an image file.

    Raises:
      UserError: it cannot be read, or the model takes no such images.
    """
    (found,) = source([path], spec, background, lambda line: None).blocks(0)
    if found.bad:
        raise UserError(f"{path}: {found.bad[0]}.")
    return found.good["x"][0]


def _paths(path: str, say: Callable[[str], None]) -> list[str]:
    """The image files that a path names."""
    if not os.path.isdir(path):
        if path.lower().endswith(image_file.EXTENSIONS):
            return [block.existing(path)]
        raise UserError(
            f"input={path}: expected a folder of images, or a file that ends in"
            f" .npz, .npy, {', '.join(image_file.EXTENSIONS)}."
        )
    notes: image_files.Notes = defaultdict(list)
    argument = f"input={path}"
    found = image_files.walk(pathlib.Path(path).absolute(), argument, notes)
    for (verb, what), names in notes.items():
        say(f"{path}: {verb} {len(names):,} {what}, such as {names[0]}")
    if not found:
        raise UserError(f"{argument}: no images in it.")
    return [os.path.join(path, name) for name in found]

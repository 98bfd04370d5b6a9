"""dSprites, from the file that its authors published.

Loic Matthey, Irina Higgins, Demis Hassabis, Alexander Lerchner: dSprites,
disentanglement testing sprites dataset. 2017.
github.com/google-deepmind/dsprites-dataset

An `.npz` file: `imgs` [N, 64, 64] of 0 and 1, every combination of the factors
once; `latents_classes` [N, 6], the places of color, shape, scale, orientation,
posX and posY on their grids. `latents_values` and `metadata` (pickled) are not
read. The shape is the `label`; the field `factors` holds the last four. There
is one color.
"""

from __future__ import annotations

import math
import os
import zipfile
import zlib
from typing import IO

import numpy as np
from numpy.lib import format as npy

from tfgen.config import DataSpec, Field
from tfgen.data.settings import DataConfig
from tfgen.data.source import (
    MEMORY_BUDGET,
    ArraySource,
    mixed_order,
    say_read,
    split_arrays,
)
from tfgen.errors import UserError

SHAPES = ("square", "ellipse", "heart")
FACTORS = ("scale", "orientation", "posX", "posY")
_CHUNK = 4096  # images that are unpacked at a time, of 3 GB
_BAD = (
    OSError,
    EOFError,
    KeyError,
    IndexError,
    ValueError,
    AttributeError,
    zipfile.BadZipFile,
    zlib.error,
)


def load(path: str, config: DataConfig) -> ArraySource:
    """Returns `num_examples` of the images, or all if there are fewer.

    Which they are, and the split, is the same on every machine.

    Args:
      path: of the file.
      config: with `num_examples`, all splits together.

    Raises:
      UserError: no such file, another format, damage, or more images than fit
        in memory.
    """
    argument = f"data=dsprites:{path}"
    try:
        with zipfile.ZipFile(os.path.expanduser(path)) as file:
            with file.open("latents_classes.npy") as member:
                classes = npy.read_array(member, allow_pickle=False)
            order = mixed_order("dsprites", len(classes), classes[:, 1])
            rows = order[: config.num_examples]
            with file.open("imgs.npy") as member:
                x = _rows(member, rows, argument)
        if classes.shape[1] != 6 or x.ndim != 3 or x.max() > 1:
            raise ValueError("arrays of other shapes or numbers")
    except _BAD as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(
            f"{argument}: expected the .npz file of dSprites ({reason!s:.200})."
        ) from error
    spec = DataSpec(
        (*x.shape[1:], 1),
        2,
        len(SHAPES),
        SHAPES,
        (Field("factors", (len(FACTORS),), names=FACTORS),),
    )
    found = split_arrays(
        spec,
        {
            "x": x[..., None].astype(np.uint8, copy=False),
            "label": classes[rows, 1].astype(np.int32),
            "factors": classes[rows, 2:].astype(np.float32),
        },
    )
    left = len(classes) - len(rows)
    more = [f"{left:,} are left out (data.num_examples)"] if left else []
    say_read(f"dsprites:{path}", found, more)
    return found


def _rows(member: IO[bytes], rows: np.ndarray, argument: str) -> np.ndarray:
    """Returns rows of an `.npy` file, in their order, without the others."""
    major, _ = npy.read_magic(member)
    read_header = getattr(npy, f"read_array_header_{major}_0")
    (count, *shape), _, kind = read_header(member)
    size = kind.itemsize * math.prod(shape)
    if len(rows) * size > MEMORY_BUDGET:
        raise UserError(
            f"data.num_examples={len(rows)}: expected at most"
            f" {MEMORY_BUDGET // size:,} of {argument}, which fill 1 GiB."
        )
    found = np.empty((len(rows), *shape), kind)
    order = np.argsort(rows)
    for start in range(0, count, _CHUNK):
        end = min(start + _CHUNK, count)
        chunk = np.frombuffer(member.read((end - start) * size), kind)
        chunk = chunk.reshape(-1, *shape)
        first, last = np.searchsorted(rows, (start, end), sorter=order)
        wanted = order[first:last]
        found[wanted] = chunk[rows[wanted] - start]
    return found

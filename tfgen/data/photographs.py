"""32x32 patches of the two colour photographs that come with scikit-learn.

Small data to try models of colour pictures on: a Chinese temple and a flower,
427 x 640 pixels each, 256 levels. Both are cut into tiles of 71 x 64, 80 % of
them for training; patches stay within a tile, so that no two splits share a
pixel.
"""

from __future__ import annotations

import numpy as np

from tfgen.config import DataSpec
from tfgen.data.source import ArraySource, mixed_order, split_arrays

SPEC = DataSpec((32, 32, 3), 256, 2, ("china", "flower"))
_STRIDE = 4  # pixels between neighbouring patches


def load() -> ArraySource:
    """Returns the patches; the split is the same on every machine."""
    from sklearn import datasets

    photographs = np.stack(datasets.load_sample_images().images)
    N, H, W, C = photographs.shape
    rows, columns = 6, 10
    h, w = H // rows, W // columns
    tiles = photographs[:, : h * rows].reshape(N, rows, h, columns, w, C)
    tiles = tiles.swapaxes(2, 3).reshape(-1, h, w, C)
    photograph = np.repeat(np.arange(N, dtype=np.int32), rows * columns)
    order = mixed_order("photographs", len(tiles), photograph)
    of_tiles = split_arrays(
        SPEC, {"x": tiles[order], "label": photograph[order]}
    )
    return ArraySource(
        SPEC, {k: _patches(**v) for k, v in of_tiles.splits.items()}
    )


def _patches(x: np.ndarray, label: np.ndarray) -> dict[str, np.ndarray]:
    """All patches of tiles x [n, h, w, C], with their labels."""
    side, _, C = SPEC.shape
    windows = np.lib.stride_tricks.sliding_window_view(x, (side, side), (1, 2))
    windows = np.moveaxis(windows[:, ::_STRIDE, ::_STRIDE], 3, -1)
    x = windows.reshape(-1, side, side, C)
    label = label.repeat(len(x) // len(label))
    # Neighbours are much alike.
    order = mixed_order("patches", len(x), label)
    return {"x": x[order], "label": label[order]}

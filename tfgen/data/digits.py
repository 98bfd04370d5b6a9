"""The 1,797 handwritten digits that come with scikit-learn.

Alpaydin & Kaynak 1998, "Optical recognition of handwritten digits", UCI (test
part): 8x8 counts of ink in blocks of 4x4 pixels, hence 17 levels, 0 to 16.
"""

from __future__ import annotations

import numpy as np

from tfgen.config import DataSpec
from tfgen.data.source import ArraySource, mixed_order, split_arrays

SPEC = DataSpec(shape=(8, 8, 1), levels=17, num_classes=10)


def load() -> ArraySource:
    """Returns the digits; the split is the same on every machine."""
    from sklearn import datasets

    digits = datasets.load_digits()
    # Neighbours in the file are by the same writer.
    order = mixed_order("digits", len(digits.target), digits.target)
    return split_arrays(
        SPEC,
        {
            "x": digits.images[order, :, :, None].astype(np.uint8),
            "label": digits.target[order].astype(np.int32),
        },
    )

"""The 1,797 handwritten digits that come with scikit-learn.

Alpaydin & Kaynak 1998, "Optical recognition of handwritten digits", UCI (test
part): 8x8 counts of ink in blocks of 4x4 pixels, hence 17 levels, 0 to 16.
"""

from __future__ import annotations

import numpy as np

from tfgen.config import DataSpec
from tfgen.data.keys import key
from tfgen.data.source import ArraySource, split_arrays

SPEC = DataSpec(shape=(8, 8, 1), levels=17, num_classes=10)


def load() -> ArraySource:
    """Returns the digits; the split is the same on every machine."""
    from sklearn import datasets

    digits = datasets.load_digits()
    order = _order(digits.target)
    return split_arrays(
        SPEC,
        {
            "x": digits.images[order, :, :, None].astype(np.uint8),
            "label": digits.target[order].astype(np.int32),
        },
    )


def _order(label: np.ndarray) -> np.ndarray:
    """An order of which every long stretch has its share of every class."""
    # By hash, since NumPy does not promise that its next version permutes in
    # the same way; neighbours in the file are by the same writer.
    order = np.array(sorted(range(len(label)), key=lambda i: key("digits", i)))
    place = np.empty(len(label))  # in the order of the class, from 0 to 1
    for c in range(SPEC.num_classes):
        of_class = label[order] == c
        n = of_class.sum()
        place[of_class] = (np.arange(n) + 0.5) / n
    return order[np.argsort(place, kind="stable")]

"""Sums of three digits each, written while more digits come."""

import numpy as np

BLOCKS, WIDTH = 4, 3  # inputs: blocks, and digits of each
MOST = 2  # symbols of a block, M
LONGEST = BLOCKS * MOST


def sums(random, shape) -> dict[str, np.ndarray]:
    """Returns digits, their sums written one after the other, and how many.

    `counts` are the symbols after each block.
    """
    x = random.integers(0, 10, (*shape, BLOCKS, WIDTH))
    total = x.sum(-1)
    two = total >= 10
    counts = np.cumsum(1 + two, axis=-1)
    y = np.zeros((*shape, LONGEST), int)
    np.put_along_axis(y, counts - 1, total % 10, axis=-1)
    # Sums of one digit write here again what is written above.
    tens = np.where(two, total // 10, total % 10)
    np.put_along_axis(y, counts - 1 - two, tens, axis=-1)
    named = {
        "x": x.reshape(*shape, -1),
        "y": y,
        "length": counts[..., -1],
        "counts": counts,
    }
    return {name: array.astype(np.int32) for name, array in named.items()}


def distance(a, b) -> int:
    """Returns how many symbols are inserted, deleted or changed."""
    row = list(range(len(b) + 1))
    for i, p in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, q in enumerate(b, 1):
            before, row[j] = (
                row[j],
                min(row[j] + 1, row[j - 1] + 1, before + (p != q)),
            )
    return row[-1]

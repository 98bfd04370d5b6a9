"""Writes tfgen's split of the digits for `digits.py`.

python -m benchmarks.write_digits digits.npz
"""

import sys

import numpy as np

from tfgen.data import digits

if __name__ == "__main__":
    splits = digits.load().splits
    np.savez(sys.argv[1], **{name: s["x"] for name, s in splits.items()})

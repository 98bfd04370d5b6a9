"""Writes tfgen's split of images for `digits.py`.

python -m benchmarks.write_digits digits.npz
python -m benchmarks.write_digits photographs.npz photographs
python -m benchmarks.write_digits mnist.npz npz:PATH
"""

import pathlib
import sys

import numpy as np

from tfgen.data.settings import DataConfig


def write(path: pathlib.Path | str, name: str = "digits") -> None:
    """Writes the splits of data by tfgen's name, and their levels."""
    source = DataConfig(name).load(seed=0).source
    splits = {split: fields["x"] for split, fields in source.splits.items()}
    np.savez(path, **splits, levels=source.spec.levels)


if __name__ == "__main__":
    write(*sys.argv[1:])

"""The table of data sets.

This module imports nothing heavy: the apps' `--help` lists the names. What a
name needs is imported when it is loaded.
"""

from __future__ import annotations

from tfgen.config import DataConfig
from tfgen.data.source import Source
from tfgen.registry import lookup

TOYS = {
    "moons": "two half circles that interlock, 2-D",
    "rings": "four circles around one point, 2-D",
    "eight_gaussians": "eight Gaussians on a circle, 2-D",
    "checkerboard": "the dark squares of a 4x4 board, 2-D",
    "spirals": "two arms of a spiral, 2-D",
    "grid_gaussians": "25 Gaussians on a 5x5 grid, 2-D",
}

# Name -> what it is, for people.
DATA = {
    "digits": "1,797 handwritten digits, 8x8, 17 gray levels (scikit-learn)",
    **TOYS,
}


def load(config: DataConfig, seed: int) -> Source:
    """Returns the data that `config` names.

    Args:
      config: name and settings.
      seed: of the toys' points; every other source has a fixed split.

    Raises:
      UserError: an unknown name, or a setting or file that will not do.
    """
    if config.name in TOYS:
        from tfgen.data import toys

        return toys.load(config.name, config.num_examples, seed)
    lookup("--data", config.name, DATA)
    from tfgen.data import digits

    return digits.load()

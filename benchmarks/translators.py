"""What the libraries of `translation.py` are asked to do.

- pix2pix (Isola et al. 2017): a U-Net of 64-128-256-512-512-512 maps, D of
  patches of 70 pixels, lambda 100; D moves, then G.
- CycleGAN (Zhu et al. 2017): two residual generators of 64-128-256 maps and 6
  blocks, two D's of patches of 70 pixels, pools of 50, lambda 10; no identity.

One picture of 64 x 64 x 3 a step, Adam (2e-4, 0.5), instance norm, float32.
"""

from collections.abc import Mapping
from types import ModuleType
from typing import NamedTuple

import numpy as np

from benchmarks.bench import Work

FIGURES = {
    "pix2pix": ("pix2pix", "steps a minute"),
    "cycle_gan": ("CycleGAN", "steps a minute"),
}
LIBRARIES = {"tfgen": "translators_tfgen", "torch": "translators_torch"}

SHAPE = (64, 64, 3)
UNET = (64, 128, 256, 512, 512, 512)
MAPS = (64, 128, 256)
BLOCKS = 6
PATCH = 70
D_MAPS = 64
POOL = 50
L1, CYCLE = 100.0, 10.0
LEARNING_RATE, BETA_1 = 2e-4, 0.5
STEPS_PER_CALL = 4  # of the variants that put several steps in one call
MINUTE = 60  # a step counts so often: rates are then steps a minute


class Bench(NamedTuple):
    """One library's answer: each figure in one or more variants.

    Attributes:
      versions: of the packages that matter.
      pix2pix: variant -> work in steps times `MINUTE`; a call returns the loss.
      cycle_gan: likewise.
    """

    versions: Mapping[str, str]
    pix2pix: Mapping[str, Work]
    cycle_gan: Mapping[str, Work]


class Data(NamedTuple):
    """Pictures that stay in memory, whole gray levels from 0 to 255.

    Attributes:
      x: [n, 64, 64, 3] uint8.
      y: likewise.
    """

    x: np.ndarray
    y: np.ndarray


def build(module: ModuleType, count: int) -> Bench:
    """Asks a library; the data have `count` random pictures a domain."""
    levels = np.random.default_rng(0).integers(0, 256, (2, count, *SHAPE))
    return module.build(Data(*levels.astype(np.uint8)))

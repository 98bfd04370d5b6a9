"""Digits for the peers: the split from a file, gray levels to real numbers."""

import math
import pathlib
from typing import NamedTuple

import numpy as np
import torch

LEVELS = 17
ALPHA = 0.05
DIMENSIONS = 64
SPLITS = ("train", "validation", "test")


class Dequantized(NamedTuple):
    """A batch on the real line.

    Attributes:
      y: [B, 1, 8, 8], logit(a + (1 - a) (x + u) / 17), u uniform in [0, 1).
      log_det: log|det dy/dx| in nats, [B].
    """

    y: torch.Tensor
    log_det: torch.Tensor


def load(path: pathlib.Path) -> dict[str, torch.Tensor]:
    """Reads the splits.

    Args:
      path: .npz with `train`, `validation` and `test`, gray levels 0..16,
        [N, 8, 8, 1].

    Returns:
      Split -> gray levels [N, 1, 8, 8], float32.

    Raises:
      ValueError: if a split is missing, or not made of such images.
    """
    with np.load(path) as file:
        missing = [split for split in SPLITS if split not in file]
        if missing:
            raise ValueError(f"{path} has no array named {missing[0]!r}")
        arrays = {split: file[split] for split in SPLITS}
    for split, array in arrays.items():
        if array.shape[1:] != (8, 8, 1):
            raise ValueError(
                f"{split} must be [N, 8, 8, 1], got {list(array.shape)}"
            )
        if array.min() < 0 or array.max() >= LEVELS or np.any(array % 1):
            raise ValueError(f"{split} must hold whole gray levels 0..16")
    return {
        split: torch.from_numpy(array.astype(np.float32)).movedim(-1, 1)
        for split, array in arrays.items()
    }


def dequantize(levels: torch.Tensor, noise: torch.Tensor) -> Dequantized:
    """Adds noise and maps to the real line (Dinh et al. 2017, section 4.1).

    Args:
      levels: gray levels, [B, 1, 8, 8].
      noise: uniform in [0, 1), same shape.

    Returns:
      The batch and its log-determinant.
    """
    # 1 - p comes from 1 - noise, which is never 0 although 16 + noise can
    # round to 17.
    p = ALPHA + (1 - ALPHA) * (levels + noise) / LEVELS
    q = (1 - ALPHA) * ((LEVELS - 1 - levels) + (1 - noise)) / LEVELS
    log_p, log_q = torch.log(p), torch.log(q)
    log_slope = math.log((1 - ALPHA) / LEVELS) - log_p - log_q
    return Dequantized(log_p - log_q, log_slope.sum(dim=(1, 2, 3)))


def bits_per_dim(log_prob: torch.Tensor) -> torch.Tensor:
    """Nats of an image of gray levels to bits a pixel."""
    return -log_prob / (DIMENSIONS * math.log(2))

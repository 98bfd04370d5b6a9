"""Images for the peers: the split from a file, gray levels to real numbers."""

import math
import pathlib
from typing import NamedTuple

import numpy as np
import torch

ALPHA = 0.05
SPLITS = ("train", "validation", "test")


class Dequantized(NamedTuple):
    """A batch on the real line.

    Attributes:
      y: [B, C, H, W], logit(a + (1 - a) (x + u) / levels), u uniform in [0, 1).
      log_det: log|det dy/dx| in nats, [B].
    """

    y: torch.Tensor
    log_det: torch.Tensor


def load(path: pathlib.Path) -> tuple[dict[str, torch.Tensor], int]:
    """Reads the splits.

    Args:
      path: .npz with `train`, `validation` and `test`, gray levels
        [N, H, W, C], and `levels`, how many there are.

    Returns:
      Split -> gray levels [N, C, H, W], float32; how many levels.

    Raises:
      ValueError: if a split is missing, or not made of such images.
    """
    with np.load(path) as file:
        missing = [name for name in (*SPLITS, "levels") if name not in file]
        if missing:
            raise ValueError(f"{path} has no array named {missing[0]!r}")
        arrays = {split: file[split] for split in SPLITS}
        levels = int(file["levels"])
    for split, array in arrays.items():
        if array.ndim != 4:
            raise ValueError(
                f"{split} must be [N, H, W, C], got {list(array.shape)}"
            )
        if array.min() < 0 or array.max() >= levels or np.any(array % 1):
            raise ValueError(f"{split} must hold whole levels below {levels}")
    splits = {
        split: torch.from_numpy(array.astype(np.float32)).movedim(-1, 1)
        for split, array in arrays.items()
    }
    return splits, levels


def dequantize(
    x: torch.Tensor, noise: torch.Tensor, levels: int
) -> Dequantized:
    """Adds noise and maps to the real line (Dinh et al. 2017, section 4.1).

    Args:
      x: gray levels, [B, C, H, W].
      noise: uniform in [0, 1), same shape.
      levels: how many there are.

    Returns:
      The batch and its log-determinant.
    """
    # 1 - p comes from 1 - noise, which is never 0 although levels - 1 +
    # noise can round to levels.
    p = ALPHA + (1 - ALPHA) * (x + noise) / levels
    q = (1 - ALPHA) * ((levels - 1 - x) + (1 - noise)) / levels
    log_p, log_q = torch.log(p), torch.log(q)
    log_slope = math.log((1 - ALPHA) / levels) - log_p - log_q
    return Dequantized(log_p - log_q, log_slope.sum(dim=(1, 2, 3)))


def bits_per_dim(log_prob: torch.Tensor, size: int) -> torch.Tensor:
    """Nats of an image of so many gray levels to bits a dimension."""
    return -log_prob / (size * math.log(2))

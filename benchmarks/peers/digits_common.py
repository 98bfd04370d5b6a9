"""What a peer's model of images looks like to `digits.py`."""

import abc
import dataclasses
from collections.abc import Callable

import torch


class Model(torch.nn.Module, abc.ABC):
    """A density on images of real numbers."""

    @abc.abstractmethod
    def log_prob(self, y: torch.Tensor) -> torch.Tensor:
        """[B, C, H, W] -> nats, [B]."""


def number_of_scales(shape: tuple[int, int, int]) -> int:
    """How often images (C, H, W) are squeezed: to 2 pixels a side, or 4."""
    _, height, width = shape
    smallest, count = 2 if height < 16 else 4, 0
    while height % 2 == width % 2 == 0 and height // 2 >= smallest:
        count, height, width = count + 1, height // 2, width // 2
    return count


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How a model is trained: AdamW, the rate falling as a half cosine.

    Attributes:
      learning_rate: at the beginning.
      batch: images per step.
      weight_decay: AdamW's.
      average_decay: of the moving average of the weights that is evaluated.
      clip: largest norm of the gradient.
    """

    learning_rate: float = 1e-3
    batch: int = 128
    weight_decay: float = 1e-4
    average_decay: float = 0.99
    clip: float = 5.0


@dataclasses.dataclass(frozen=True)
class Config:
    """One candidate."""

    build: Callable[..., Model]  # of the keyword `shape`, (C, H, W)
    recipe: Recipe = Recipe()

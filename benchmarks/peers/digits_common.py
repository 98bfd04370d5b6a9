"""What a peer's model for the digits looks like to `digits.py`."""

import abc
import dataclasses
from collections.abc import Callable

import torch


class Model(torch.nn.Module, abc.ABC):
    """A density on images of real numbers."""

    @abc.abstractmethod
    def log_prob(self, y: torch.Tensor) -> torch.Tensor:
        """[B, 1, 8, 8] -> nats, [B]."""


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

    build: Callable[[], Model]
    recipe: Recipe = Recipe()

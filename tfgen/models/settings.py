"""Settings of trainings, for presets."""

from typing import Any

from tfgen.config import TrainConfig


def training(
    steps: int, batch_size: int, every: int, **options: Any
) -> TrainConfig:
    """Returns the settings of a long training.

    Args:
      steps: its length.
      batch_size: over all replicas.
      every: so many steps it validates and saves.
      **options: other fields of `TrainConfig`.
    """
    intervals = {"evaluate_every": every, "checkpoint_every": every}
    return TrainConfig(
        steps=steps, batch_size=batch_size, **(intervals | options)
    )

"""Bounds of a model's settings."""

import math
from typing import Any

from tfgen import config as settings
from tfgen.errors import UserError

# Name -> what is expected of a value, and whether it is so.
BOUNDS = {
    "at_least_1": ("at least 1", lambda value: value >= 1),
    "odd": ("an odd number", lambda value: value % 2 == 1),
    "interval": (
        "two numbers, the lower first",
        lambda value: len(value) == 2 and value[0] < value[1],
    ),
    "not_negative": ("0 or more", lambda value: 0 <= value < math.inf),
    "positive": ("above 0", lambda value: 0 < value < math.inf),
    "share": ("0 or more, below 1", lambda value: 0 <= value < 1),
    "some_widths": (
        "at least one width, of 1 or more",
        lambda value: len(value) > 0 and min(value) >= 1,
    ),
    "widths": ("widths of 1 or more", lambda v: min(v, default=1) >= 1),
}


def check(network: Any, **names: str) -> None:
    """Holds settings of a network against what they may be.

    Args:
      network: its `Config`.
      **names: of some settings, between spaces, by name in `BOUNDS`.

    Raises:
      UserError: one is not; it is named.
    """
    for bound, settings_of_it in names.items():
        try:
            settings.check(network, settings_of_it, *BOUNDS[bound])
        except settings.SettingError as error:
            raise UserError(f"network.{error}") from None


def training(
    steps: int, batch_size: int, every: int, **options: Any
) -> settings.TrainConfig:
    """Returns the settings of a long training.

    Args:
      steps: its length.
      batch_size: over all replicas.
      every: so many steps it validates and saves.
      **options: other fields of `TrainConfig`.
    """
    intervals = {"evaluate_every": every, "checkpoint_every": every}
    return settings.TrainConfig(
        steps=steps, batch_size=batch_size, **(intervals | options)
    )

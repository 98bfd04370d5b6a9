"""Bounds of a model's settings."""

import math
from collections.abc import Callable
from typing import Any

from tfgen import config as settings
from tfgen.errors import UserError

# What is expected of a value, and whether it is so.
AT_LEAST_1 = "at least 1", lambda value: value >= 1
NOT_NEGATIVE = "0 or more", lambda value: 0 <= value < math.inf
POSITIVE = "above 0", lambda value: 0 < value < math.inf
SHARE = "0 or more, below 1", lambda value: 0 <= value < 1
SOME_WIDTHS = (
    "at least one width, of 1 or more",
    lambda value: len(value) > 0 and min(value) >= 1,
)
WIDTHS = "widths of 1 or more", lambda value: min(value, default=1) >= 1


def check(
    network: Any, names: str, expected: str, holds: Callable[[Any], bool]
) -> None:
    """Holds settings of a network against what they may be.

    Args:
      network: its `Config`.
      names: of some settings, between spaces.
      expected: what is right, for the error.
      holds: value -> whether it is.

    Raises:
      UserError: one is not; it is named.
    """
    try:
        settings.check(network, names, expected, holds)
    except settings.SettingError as error:
        raise UserError(f"--set network.{error}") from None

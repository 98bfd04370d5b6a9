"""Bounds of settings, said where a setting is declared: `layers: Count = 4`.

`check` holds a dataclass against them. This module imports nothing heavy.
"""

import dataclasses
import functools
import math
import typing
from collections.abc import Callable
from typing import Annotated, Any

from tfgen.errors import UserError


@dataclasses.dataclass(frozen=True)
class Bound:
    """What a setting may be.

    Attributes:
      expected: what is right, for the error.
      holds: value -> whether it is.
    """

    expected: str
    holds: Callable[[Any], bool]


_NOT_NEGATIVE = Bound("0 or more", lambda v: 0 <= v < math.inf)

Count = Annotated[int, Bound("at least 1", lambda v: v >= 1)]
Several = Annotated[int, Bound("at least 2", lambda v: v >= 2)]
CountOrNone = Annotated[int, _NOT_NEGATIVE]
Seed = Annotated[int, Bound("0 to 2^32 - 1", lambda v: 0 <= v < 2**32)]
NotNegative = Annotated[float, _NOT_NEGATIVE]
Odd = Annotated[int, Bound("an odd number", lambda v: v % 2 == 1)]
Positive = Annotated[float, Bound("above 0", lambda v: 0 < v < math.inf)]
Fraction = Annotated[float, Bound("0 to 1", lambda v: 0 <= v <= 1)]
Share = Annotated[float, Bound("0 or more, below 1", lambda v: 0 <= v < 1)]
PositiveShare = Annotated[float, Bound("above 0, below 1", lambda v: 0 < v < 1)]
Interval = Annotated[
    tuple[float, ...],
    Bound(
        "two numbers, the lower first",
        lambda v: len(v) == 2 and v[0] < v[1],
    ),
]
Widths = Annotated[
    tuple[int, ...],
    Bound("at least one width, of 1 or more", lambda v: min(v, default=0) >= 1),
]
Sizes = Annotated[  # there may be none
    tuple[int, ...],
    Bound("sizes of 1 or more", lambda v: min(v, default=1) >= 1),
]


class SettingError(UserError):
    """Begins with a setting; where it was set goes before it."""


@functools.cache
def _bounds(kind: type) -> dict[str, Bound]:
    hints = typing.get_type_hints(kind, include_extras=True)
    return {
        name: hint.__metadata__[0]
        for name, hint in hints.items()
        if typing.get_origin(hint) is Annotated
    }


def check(config: Any, owner: str = "") -> None:
    """Holds settings against their bounds.

    Args:
      config: a dataclass.
      owner: what names of settings begin with in errors: "train.".

    Raises:
      SettingError: one is out of bounds; it is named.
    """
    for name, bound in _bounds(type(config)).items():
        value = getattr(config, name)
        if not bound.holds(value):
            if isinstance(value, tuple):  # as it is typed
                value = ",".join(map(str, value))
            raise SettingError(
                f"{owner}{name}={value}: expected {bound.expected}."
            )

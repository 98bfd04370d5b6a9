"""Which server to ask, and how often."""

import dataclasses
import random
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from tfgen.errors import UserError

_T = TypeVar("_T")

# Seconds: the longest first pause between two attempts, and the longest of all.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
_SHORTEST_ATTEMPT = 0.001  # a pause may last longer than it was meant to
_DAY = 86_400


@dataclasses.dataclass(frozen=True)
class Target:
    """Which model of which server, and how to reach it.

    Attributes:
      server: `http://`, `https://`, `grpc://` or `grpcs://` with host and port,
        and perhaps a path that REST's begin with.
      model: its name.
      version: its number; None for what the server takes.
      label: of a version, instead of its number.
      deadline: seconds for one question, with all attempts; at most a day.
      retries: attempts after the first one, while the server is not available.
      headers: name -> value, such as `authorization`.
      ca_file: certificates that the server's is checked with; "" for the
        system's.
    """

    server: str
    model: str
    version: int | None = None
    label: str = ""
    deadline: float = 30
    retries: int = 5
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    ca_file: str = ""

    def __post_init__(self):
        """Raises `UserError` if settings contradict each other."""
        if not 0 < self.deadline <= _DAY:
            raise UserError(
                f"deadline={self.deadline}: give more than 0, at most {_DAY} s."
            )
        if self.version is not None and self.label:
            raise UserError(
                f"version={self.version} label={self.label}: give one of them."
            )

    def failed(self, reason: object, again: bool = False) -> Exception:
        """Returns an error; `again`: it may work at the next attempt."""
        kind = NotAvailableError if again else UserError
        return kind(f"server={self.server}: {reason}")


class NotAvailableError(Exception):
    """It may work at the next attempt."""


def retry(
    attempt: Callable[[float], _T],
    deadline: float,
    retries: int,
    sleep: Callable[[float], object] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> _T:
    """Tries again while the server is not available.

    The pauses have a random length below a bound that doubles ("full jitter"),
    so that many clients do not come back at the same time.

    Args:
      attempt: gets the seconds that are left.
      deadline: seconds for everything.
      retries: attempts after the first one.
      sleep: waits.
      clock: tells the time.

    Returns:
      What the attempt returned.

    Raises:
      UserError: the last attempt failed, or there is no time for another.
    """
    end = clock() + deadline
    bound = _FIRST_PAUSE
    for tried in range(1, retries + 2):
        try:
            return attempt(max(end - clock(), _SHORTEST_ATTEMPT))
        except NotAvailableError as error:
            pause = random.uniform(0, bound)
            if tried > retries or clock() + pause >= end:
                raise UserError(f"{error} (attempts: {tried})") from error
        sleep(pause)
        bound = min(2 * bound, _LONGEST_PAUSE)
    raise AssertionError("the last attempt returns or raises")

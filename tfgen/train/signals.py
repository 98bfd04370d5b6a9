"""SIGINT and SIGTERM: a training saves before it stops."""

import contextlib
import signal
from collections.abc import Iterator


class Interrupted(KeyboardInterrupt):
    """Training stopped on a signal, after saving.

    Attributes:
      signum: the signal.
      step: that was reached.
    """

    def __init__(self, signum: int, step: int):
        name = signal.Signals(signum).name
        super().__init__(
            f"stopped by {name} at step {step}; saved."
            " The same command resumes."
        )
        self.signum, self.step = signum, step

    def __reduce__(self):
        # Another process may be told of it.
        return type(self), (self.signum, self.step)


@contextlib.contextmanager
def caught() -> Iterator[list[int]]:
    """Collects SIGINT and SIGTERM in the list that it yields.

    The second signal acts as if this was not there.
    """
    numbers: list[int] = []
    previous: dict[int, object] = {}

    def handle(signum, frame):
        del frame
        numbers.append(signum)
        for number, handler in previous.items():
            signal.signal(number, handler)

    try:
        for signum in (signal.SIGINT, signal.SIGTERM):
            previous[signum] = signal.signal(signum, handle)
    except ValueError:  # not in the main thread: signals go elsewhere
        pass
    try:
        yield numbers
    finally:
        for signum, handler in previous.items():
            signal.signal(signum, handler)

"""Whether what layers compute is for an export."""

import contextlib
from collections.abc import Iterator

_exporting = False


@contextlib.contextmanager
def for_export() -> Iterator[None]:
    """Layers that are traced meanwhile take what TFLite is fast at.

    Their numbers are the same, but for rounding; gradients may be slow.
    """
    global _exporting
    before, _exporting = _exporting, True
    try:
        yield
    finally:
        _exporting = before


def exporting() -> bool:
    """Returns whether `for_export` is in force."""
    return _exporting

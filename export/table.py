"""What is known of each artefact of an export."""

import dataclasses
import math
from collections.abc import Mapping, Sequence


@dataclasses.dataclass(frozen=True)
class Row:
    """One artefact.

    Attributes:
      artefact: `saved_model`, or the quantization of a TFLite file.
      bytes: the size of its files.
      errors: signature -> largest error, see `export.tolerances`.
      allowed: largest error allowed.
      milliseconds: median time of a call of the first signature with one row.
      problem: why it is not shipped; empty if it is.
    """

    artefact: str
    bytes: int = 0
    errors: Mapping[str, float] = dataclasses.field(default_factory=dict)
    allowed: float = 0.0
    milliseconds: float | None = None
    problem: str = ""

    @property
    def worst(self) -> str:
        """The signature with the largest error, or one that is NaN.

        Raises:
          ValueError: there is none.
        """

        def size(name):
            error = self.errors[name]
            return math.inf if math.isnan(error) else error

        return max(self.errors, key=size)


_LAYOUT = "{:14} {:>11} {:>9} {:>9}  {:12} {:>8}  {}"


def format_table(rows: Sequence[Row]) -> str:
    """Returns the rows as lines of text."""
    heads = ("artefact", "bytes", "error", "allowed", "in", "ms/call", "")
    return "\n".join(
        line.rstrip() for line in [_LAYOUT.format(*heads), *map(_line, rows)]
    )


def _line(row: Row) -> str:
    note = f"not shipped: {row.problem}" if row.problem else ""
    if not row.errors:
        return _LAYOUT.format(row.artefact, *"-----", note)
    return _LAYOUT.format(
        row.artefact,
        f"{row.bytes:,}",
        f"{row.errors[row.worst]:.1e}",
        f"{row.allowed:.1e}",
        row.worst,
        f"{row.milliseconds:.3f}",
        note,
    )

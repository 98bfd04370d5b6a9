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
      allowed: signature -> largest error allowed.
      milliseconds: median time of a call of the first signature with one row.
      problem: why it is not shipped; empty if it is.
    """

    artefact: str
    bytes: int = 0
    errors: Mapping[str, float] = dataclasses.field(default_factory=dict)
    allowed: Mapping[str, float] = dataclasses.field(default_factory=dict)
    milliseconds: float | None = None
    problem: str = ""

    @property
    def worst(self) -> str:
        """The signature that comes nearest to what is allowed, or exceeds it.

        Raises:
          ValueError: there is none.
        """

        def share(name):
            error = self.errors[name]
            return math.inf if math.isnan(error) else error / self.allowed[name]

        return max(self.errors, key=share)


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
        f"{row.allowed[row.worst]:.1e}",
        row.worst,
        f"{row.milliseconds:.3f}",
        note,
    )

"""What is known of each artefact of an export."""

import dataclasses
import math
from collections.abc import Mapping, Sequence


@dataclasses.dataclass(frozen=True)
class Row:
    """One artefact.

    Attributes:
      artefact: `saved_model`, or the quantization of a TFLite file.
      signatures: their names.
      bytes: the size of its files.
      errors: signature -> largest error, see `export.tolerances`.
      tolerance: the largest error allowed.
      milliseconds: median time of a call of the first signature with one row.
      problem: why it is not shipped; empty if it is.
    """

    artefact: str
    signatures: Sequence[str] = ()
    bytes: int = 0
    errors: Mapping[str, float] = dataclasses.field(default_factory=dict)
    tolerance: float = math.nan
    milliseconds: float = math.nan
    problem: str = ""

    @property
    def error(self) -> float:
        """The largest error of all signatures."""
        # `max` alone may drop a NaN.
        return sum(self.errors.values()) and max(self.errors.values())


def format_table(rows: Sequence[Row]) -> str:
    """Returns the rows as lines of text."""
    layout = "{:14} {:>11} {:>9} {:>9} {:>8}  {}"
    lines = [
        layout.format(
            "artefact", "bytes", "error", "allowed", "ms", "signatures"
        )
    ]
    for row in rows:
        lines.append(
            layout.format(
                row.artefact,
                f"{row.bytes:,}",
                f"{row.error:.1e}",
                f"{row.tolerance:.0e}",
                f"{row.milliseconds:.3f}",
                f"not shipped: {row.problem}"
                if row.problem
                else " ".join(row.signatures),
            )
        )
    return "\n".join(lines)

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
      milliseconds: median time of a call with one row, of the first signature
        that devices have, with one thread (a SavedModel: with as many as
        TensorFlow takes).
      milliseconds_2: the same with two threads.
      megabytes: peak memory of a fresh process that makes all these calls.
      weights: bytes of the weights that it needs, each in its kind's type.
      metric: what the model is good for, measured by `score`.
      score: on data; None if it was not measured.
      problem: why it is not shipped; empty if it is.
    """

    artefact: str
    bytes: int = 0
    errors: Mapping[str, float] = dataclasses.field(default_factory=dict)
    allowed: float = 0.0
    milliseconds: float | None = None
    milliseconds_2: float | None = None
    megabytes: float | None = None
    weights: int = 0
    metric: str = ""
    score: float | None = None
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


_LAYOUT = "{:14} {:>11} {:>8} {:>8} {:>8}  {:12} {:>12} {:>8} {:>8} {:>7} {:>6}"


def format_table(rows: Sequence[Row]) -> str:
    """Returns the rows as lines of text.

    `/weights` is the size by that of the weights; `of SM`, the time with one
    thread by the SavedModel's.
    """
    metric = next((row.metric for row in rows if row.metric), "metric")
    saved_model = next((r for r in rows if r.artefact == "saved_model"), None)
    heads = (
        "artefact",
        "bytes",
        "/weights",
        "error",
        "allowed",
        "in",
        metric.removesuffix("_distance"),
        "ms",
        "ms, 2",
        "of SM",
        "MB",
    )
    lines = [_LAYOUT.format(*heads)]
    return "\n".join([*lines, *(_line(row, saved_model) for row in rows)])


def _line(row: Row, saved_model: Row | None) -> str:
    note = f"  not shipped: {row.problem}" if row.problem else ""
    if not row.errors:
        return (_LAYOUT.format(row.artefact, *"-" * 10) + note).rstrip()
    share = None
    if saved_model and saved_model.milliseconds and row is not saved_model:
        share = row.milliseconds / saved_model.milliseconds

    def text(value, form):
        return "-" if value is None else form.format(value)

    return (
        _LAYOUT.format(
            row.artefact,
            f"{row.bytes:,}",
            text(row.bytes / row.weights if row.weights else None, "{:.2f}"),
            f"{row.errors[row.worst]:.1e}",
            f"{row.allowed:.1e}",
            row.worst,
            text(row.score, "{:.4f}"),
            text(row.milliseconds, "{:.3f}"),
            text(row.milliseconds_2, "{:.3f}"),
            text(share, "{:.2f}"),
            text(row.megabytes, "{:.0f}"),
        )
        + note
    ).rstrip()

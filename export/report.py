"""What is known of each artefact of an export."""

import dataclasses
import math
import sys
from collections.abc import Mapping, Sequence


@dataclasses.dataclass(frozen=True)
class Report:
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
      auroc: kind of rows that are no data -> how often a row of data has the
        better score than one of them.
      ranks: rank correlation of the scores of all these rows with the
        SavedModel's.
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
    auroc: Mapping[str, float] = dataclasses.field(default_factory=dict)
    ranks: float | None = None
    problem: str = ""

    @property
    def worst(self) -> str:
        """The signature with the largest error, or one that is NaN.

        Raises:
          ValueError: there is none.
        """

        def size(name):
            return math.isnan(self.errors[name]), self.errors[name]

        return max(self.errors, key=size)

    @property
    def error(self) -> float:
        """The largest error; see `worst`."""
        return self.errors[self.worst]


_HEAD = "artefact|bytes|/weights|error|allowed|in|{}|ms|ms, 2|of SM|MB"
_LAYOUT = "{:14} {:>11} {:>8} {:>8} {:>8}  {:12} {:>12} {:>8} {:>8} {:>7} {:>6}"


def format_table(reports: Sequence[Report]) -> str:
    """Returns a line of text for each artefact.

    `/weights` is the size by that of the weights; `of SM`, the time with one
    thread by the SavedModel's.
    """
    metric = next((r.metric for r in reports if r.metric), "metric")
    head = _HEAD.format(metric.removesuffix("_distance")).split("|")
    found = (r for r in reports if r.artefact == "saved_model")
    saved_model = next(found, None)
    lines = [_line(report, saved_model) for report in reports]
    return "\n".join([_LAYOUT.format(*head), *lines])


def _line(report: Report, saved_model: Report | None) -> str:
    def text(value, form):
        return "-" if value is None else format(value, form)

    cells = [report.artefact, *"-" * 10]
    if report.errors:
        by_weights = report.bytes / report.weights if report.weights else None
        share = None
        if saved_model and report is not saved_model:
            share = report.milliseconds / saved_model.milliseconds
        cells[1:] = [
            f"{report.bytes:,}",
            text(by_weights, ".2f"),
            f"{report.error:.1e}",
            f"{report.allowed:.1e}",
            report.worst,
            text(report.score, ".4f"),
            text(report.milliseconds, ".3f"),
            text(report.milliseconds_2, ".3f"),
            text(share, ".2f"),
            text(report.megabytes, ".0f"),
        ]
    note = f"  not shipped: {report.problem}" if report.problem else ""
    return (_LAYOUT.format(*cells) + note).rstrip()


def say(text: str) -> None:
    """Prints a line of progress, or a table before an error."""
    print(text, file=sys.stderr, flush=True)

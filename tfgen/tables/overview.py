"""The runs below folders, as a table; and several beside each other.

Damaged files leave cells empty: a table of runs is no place to fail.
"""

from __future__ import annotations

import datetime
import os
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tfgen.errors import UserError
from tfgen.files import parse_json, read_or_warn
from tfgen.viz.curves import Curve, draw_curves

# What a run holds that are no runs.
_PARTS = {"checkpoints", "logs", "samples", "export", "attention"}
_SHOWN = 2  # test figures in the table; the first ones matter


class RunSummary(NamedTuple):
    """What is known of a run.

    Attributes:
      folder: its workdir.
      settings: name -> value, of config.json.
      figures: name -> value on the test split.
      records: lines of metrics.jsonl.
      date: of its last line.
    """

    folder: pathlib.Path
    settings: dict[str, Any]
    figures: dict[str, float]
    records: list[dict[str, float]]
    date: datetime.datetime

    @property
    def step(self) -> int:
        """The last step that was recorded."""
        return max((int(r["step"]) for r in self.records), default=0)

    def curve(self, name: str) -> Curve:
        """Returns the points (step, value) of a figure."""
        return [(r["step"], r[name]) for r in self.records if name in r]

    @property
    def validation(self) -> str:
        """The name of the first validation figure, which selects; or ""."""
        names = (n for r in self.records for n in r)
        return next((n for n in names if n.startswith("validation_")), "")


def find(folders: Iterable[str | os.PathLike]) -> list[RunSummary]:
    """Returns the runs in folders and below them, the latest last.

    Raises:
      UserError: there is none.
    """
    folders = list(folders)
    found = []
    for top in folders:
        for folder, inner, files in os.walk(top):
            inner[:] = sorted(set(inner) - _PARTS)
            path = pathlib.Path(folder)
            if "config.json" in files and (path / "metrics.jsonl").exists():
                found.append(_row(path))
    if not found:
        names = ", ".join(map(str, folders))
        raise UserError(
            f"{names}: no run there; expected folders of runs, which hold a"
            " config.json and a metrics.jsonl."
        )
    return sorted(found, key=lambda row: row.date)


def _row(folder: pathlib.Path) -> RunSummary:
    metrics = folder / "metrics.jsonl"
    records = []
    for line in metrics.read_text("utf-8", "replace").splitlines():
        try:
            values = parse_json(line)
        except ValueError:  # a line that was cut short, or a note
            continue
        if isinstance(values, dict) and isinstance(values.get("step"), int):
            records.append(values)
    figures = read_or_warn(folder / "evaluation.json", _numbers) or {}
    report = read_or_warn(folder / "report.json", lambda v: v["accuracy"])
    if report:
        figures |= {"accuracy": report["value"]}
    config = read_or_warn(folder / "config.json", lambda v: dict(_leaves(v)))
    date = datetime.datetime.fromtimestamp(metrics.stat().st_mtime)
    return RunSummary(folder, config or {}, figures, records, date)


def _numbers(values: Mapping[str, Any]) -> dict[str, float]:
    return {n: v for n, v in values.items() if isinstance(v, int | float)}


def _leaves(values: Mapping[str, Any], owner: str = ""):
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{owner}{name}.")
        elif owner + name != "spec.words":
            yield owner + name, value


def format_runs(rows: Sequence[RunSummary]) -> str:
    """Returns a line for each run."""
    head = ("run", "model", "preset", "data", "steps", "best validation")
    lines = [(*head, "test", "date")]
    for row in rows:
        s, name = row.settings, row.validation
        best = min(row.curve(name), key=lambda p: p[1], default=None)
        test = [f"{n} {v:.4g}" for n, v in row.figures.items()][:_SHOWN]
        lines.append(
            (
                str(row.folder),
                s.get("model", "?"),
                s.get("preset", "?"),
                s.get("data.name", "?"),
                f"{row.step} of {s.get('train.steps', '?')}",
                f"{name.partition('_')[2]} {best[1]:.4g} at {best[0]}"
                if best
                else "-",
                ", ".join(test) or "-",
                f"{row.date:%Y-%m-%d %H:%M}",
            )
        )
    return aligned(lines)


def format_differences(rows: Sequence[RunSummary]) -> str:
    """Returns a line for each setting that is not the same in all runs."""
    names = dict.fromkeys(n for row in rows for n in row.settings)
    lines = [("setting", *(row.folder.name for row in rows))]
    for name in names:
        values = [row.settings.get(name, "-") for row in rows]
        if any(value != values[0] for value in values):
            lines.append((name, *(f"{value!s:.40}" for value in values)))
    return aligned(lines)


def compare(
    rows: Sequence[RunSummary],
    path: str | os.PathLike,
    names: Sequence[str] = (),
) -> pathlib.Path:
    """Draws curves of several runs, a panel for each figure.

    Args:
      rows: of the runs.
      path: of the PNG file.
      names: of figures in metrics.jsonl; none are the losses, and the
        validation figures that select.

    Raises:
      UserError: a figure that no run has, or the file cannot be written.
    """
    known = dict.fromkeys(n for row in rows for r in row.records for n in r)
    for name in names:
        if name not in known:
            raise UserError(
                f"curve={name}: no run has it; expected one of"
                f" {', '.join(n for n in known if n != 'step')}."
            )
    selecting = {row.validation for row in rows}
    chosen = names or [
        n for n in known if n in selecting or n.startswith("loss_")
    ]
    panels = {
        name: {str(row.folder): c for row in rows if (c := row.curve(name))}
        for name in chosen
    }
    return draw_curves(path, panels)


def aligned(lines: Sequence[Sequence[str]]) -> str:
    """Returns rows of cells as text, columns below each other."""
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join(
        "  ".join(c.ljust(w) for c, w in zip(line, widths)).rstrip()
        for line in lines
    )

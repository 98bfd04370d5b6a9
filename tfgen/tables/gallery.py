"""Runs as one static page.

gallery/
  index.html    a table that sorts, and a card for each run
  runs/<name>/  card.html, a part of the page; pictures; digest.txt, of what
                the card was made from
"""

from __future__ import annotations

import hashlib
import html
import os
import pathlib
import re
import shutil
import string
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tfgen import registry
from tfgen.errors import UserError
from tfgen.files import read_or_warn, write_text, writing
from tfgen.saved_config import data_name
from tfgen.tables import overview
from tfgen.tables.overview import RunSummary
from tfgen.tables.run_commands import commands
from tfgen.version import __version__

_TEMPLATES = pathlib.Path(__file__).with_name("templates")
# What a card is made from, in a workdir.
_READ = (
    "config.json",
    "metrics.jsonl",
    "evaluation.json",
    "report.json",
    "samples/*.png",
    "attention/*.png",
    "export/checks/*/*/table.json",
    "export/tflite/*/*/MODEL_CARD.md",
)
_PICTURES = 6  # on a card; the folder of the run has them all
_COLUMNS = ("run", "model", "data", "steps", "validation", "test", "date")


def write(
    rows: Sequence[RunSummary], folder: str | os.PathLike
) -> tuple[list[str], list[str], list[str]]:
    """Writes the page, and the cards of runs that have changed.

    Args:
      rows: the runs.
      folder: of the page; of cards that are there, those of other runs are
        removed.

    Returns:
      Names of the cards that were drawn, kept and removed.

    Raises:
      UserError: the folder cannot be written, or is no gallery.
    """
    folder = pathlib.Path(folder)
    index, cards = folder / "index.html", folder / "runs"
    if folder.exists() and any(folder.iterdir()) and not cards.is_dir():
        raise UserError(
            f"output={folder}: expected a new folder or a gallery; it holds"
            " other files."
        )
    drawn, kept = [], []
    names = _names(rows)
    with writing(folder):
        for row, name in zip(rows, names):
            digest, place = _digest(row), cards / name
            if _read(place / "digest.txt") == digest:
                kept.append(name)
                continue
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
            write_text(place / "card.html", _card(row, name, place))
            write_text(place / "digest.txt", digest)  # last: all is there
            drawn.append(name)
        others = {path.name for path in cards.iterdir()} - {*names}
        for name in others:
            shutil.rmtree(cards / name)
        page = string.Template((_TEMPLATES / "gallery.html").read_text())
        text = page.substitute(
            head="".join(f"<th><button>{c}</button></th>" for c in _COLUMNS),
            rows="".join(map(_line, rows, names)),
            cards="".join((cards / n / "card.html").read_text() for n in names),
            version=__version__,
        )
        write_text(index, text)
    return drawn, kept, sorted(others)


def _names(rows):
    """A name for each run: its folder's, and a number if that is taken."""
    found = {}
    for folder in sorted(row.folder for row in rows):  # whatever came last
        stem = re.sub(r"[^\w.-]+", "-", folder.name) or "run"
        name, n = stem, 2
        while name in found.values():
            name, n = f"{stem}-{n}", n + 1
        found[folder] = name
    return [found[row.folder] for row in rows]


def _digest(row: RunSummary) -> str:
    """Changes when a file does that the card is made from, or this version."""
    parts = [__version__, os.fspath(row.folder)]
    for pattern in _READ:
        for path in sorted(row.folder.glob(pattern)):
            stat = path.stat()
            parts.append(f"{path} {stat.st_size} {stat.st_mtime_ns}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _read(path: pathlib.Path) -> str:
    return path.read_text() if path.is_file() else ""


def _line(row: RunSummary, name: str) -> str:
    """A row of the table; cells say what they are sorted by."""
    s = row.settings
    figure, best = row.validation, ""
    if figure:
        best = min(value for _, value in row.curve(figure))
    test = next(iter(row.figures.items()), ("", ""))
    cells = (
        (f'<a href="#{name}">{html.escape(name)}</a>', name),
        *[(html.escape(str(v)), v) for v in (s.get("model"), _data(s))],
        (f"{row.step:,}", row.step),
        (_named(figure.partition("_")[2], best), best),
        (_named(*test), test[1]),
        (f"{row.date:%Y-%m-%d %H:%M}", row.date.timestamp()),
    )
    text = "".join(
        f'<td data-sort="{html.escape(str(key))}">{cell}</td>'
        for cell, key in cells
    )
    return f'<tr data-run="{name}">{text}</tr>\n'


def _named(name, value):
    return f"{html.escape(name)} {value:.4g}" if name else "–"


def _data(settings: Mapping[str, Any]) -> str:
    return data_name(settings.get("data.name", "?"))


def _card(row: RunSummary, name: str, place: pathlib.Path) -> str:
    """The card of a run, whose pictures are copied into `place`."""
    model = row.settings.get("model", "?")
    known = registry.MODELS.get(model)
    pictures = [*row.folder.glob("samples/*.png")]
    pictures += row.folder.glob("attention/*.png")
    # What is seen at once comes first: samples.
    pictures.sort(key=lambda path: (path.stem != "samples", path.name))
    model_card = _newest(row.folder, "export/tflite/*/*/MODEL_CARD.md")
    files = []
    for path in pictures[:_PICTURES]:
        shutil.copyfile(path, place / path.name)
        files.append(path.name)
    more = len(pictures) - len(files)
    if any(len(row.curve(n)) > 1 for n in _curves(row)):
        overview.compare([row], place / "curves.png", _curves(row))
        files.append("curves.png")
    card = string.Template((_TEMPLATES / "card.html").read_text())
    return card.substitute(
        id=name,
        title=html.escape(f"{model} on {_data(row.settings)}"),
        paper=html.escape(known.paper if known else "a model unknown here"),
        folder=html.escape(os.fspath(row.folder)),
        steps=f"{row.step:,}",
        date=f"{row.date:%Y-%m-%d}",
        pictures="".join(
            f'<figure><img loading="lazy" src="runs/{name}/{file}"'
            f' alt="{stem}"><figcaption>{stem}</figcaption></figure>\n'
            for file, stem in ((f, html.escape(f[:-4])) for f in files)
        ),
        more=f"{more} more pictures are in its samples." if more > 0 else "",
        figures=_table(("figure", "test split"), _figures(row.folder)),
        exports=_table(("file", "KB", "error"), _exports(row.folder)),
        card=html.escape(model_card.read_text() if model_card else "None."),
        commands=html.escape("\n".join(commands(row))),
    )


def _curves(row: RunSummary) -> list[str]:
    names = dict.fromkeys(n for record in row.records for n in record)
    return [n for n in names if n.startswith("loss_") or n == row.validation]


def _figures(folder: pathlib.Path) -> list[tuple[str, str]]:
    """Figures of the test split, with intervals or standard errors."""
    files = [folder / "evaluation.json", folder / "report.json"]
    return [row for f in files for row in read_or_warn(f, _measured) or []]


def _measured(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = []
    for name, value in values.items():
        if name.endswith(("_std_error", "_std_errors")):
            continue
        text = ""
        if isinstance(value, Mapping) and "low" in value:
            low, high = value["low"], value["high"]
            text = f"{value['value']:.4g} ({low:.4g} to {high:.4g})"
        elif isinstance(value, int | float):
            error = values.get(f"{name}_two_std_errors")
            error = error or values.get(f"{name}_std_error")
            text = f"{value:.4g}" + (f" ± {error:.2g}" if error else "")
        if text:
            found.append((name, text))
    return found


def _exports(folder: pathlib.Path) -> list[tuple[str, str, str]]:
    """Artefacts of the newest export."""
    newest = _newest(folder, "export/checks/*/*/table.json")
    return (newest and read_or_warn(newest, _reported)) or []


def _newest(folder: pathlib.Path, pattern: str) -> pathlib.Path | None:
    """A file of the export with the largest version."""
    found = [p for p in folder.glob(pattern) if p.parent.name.isdecimal()]
    return max(found, key=lambda path: int(path.parent.name), default=None)


def _reported(reports: Sequence[Mapping]) -> list[tuple[str, str, str]]:
    return [
        (
            report["artefact"],
            f"{report['bytes'] / 1000:,.0f}",
            report["problem"]
            or f"{max(report['errors'].values(), default=0.0):.1e}",
        )
        for report in reports
    ]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """An HTML table; nothing without rows."""
    lines = [
        "<tr>"
        + "".join(f"<td>{html.escape(str(c))}</td>" for c in cells)
        + "</tr>"
        for cells in rows
    ]
    if not lines:
        return '<p class="quiet">None.</p>'
    heads = "".join(f"<th>{cell}</th>" for cell in head)
    return f"<table><tr>{heads}</tr>{''.join(lines)}</table>"

"""What EBGAN's grid search found: share of good models, histograms, samples.

Figures 2 to 4 of Zhao et al. 2017, arXiv:1609.03126.
"""

from __future__ import annotations

import csv
import io
import pathlib
from collections.abc import Mapping

from tfgen.evaluate.intervals import accuracy_interval
from tfgen.files import write_text
from tfgen.tables import grid
from tfgen.tables.grid import Configuration
from tfgen.viz.images import columns_of_files
from tfgen.viz.scores import score_histograms

Scores = Mapping[Configuration, float]

GOOD = 0.8  # of the best score, from which a model counts as good
SAMPLES = "samples/samples.png"  # of a model that is kept


def report(workdir: pathlib.Path, scores: Scores) -> str:
    """Writes table, scores, histograms and samples; returns the table."""
    text = format_summary(scores)
    write_text(workdir / f"{grid.NAME}.md", text + "\n")
    write_text(workdir / f"{grid.NAME}.csv", format_csv(scores))
    score_histograms(workdir / f"{grid.NAME}.png", by_layers(scores))
    score_histograms(
        workdir / f"{grid.NAME}_optimizers.png",
        by_optimizers(scores),
        columns=3,
    )
    kept = best(scores)
    samples = {
        family: [folder_of(workdir / grid.NAME, kept[family]) / SAMPLES]
        for family in grid.FAMILIES
        if family in kept
    }
    columns_of_files(workdir / f"{grid.NAME}_best.png", samples)
    return text


def best(scores: Mapping[Configuration, float | None]) -> dict:
    """Returns family -> its best `Configuration`, of scores above 0."""
    scored = [c for c in scores if scores[c]]
    return {c.family: c for c in sorted(scored, key=scores.get)}


def folder_of(
    folder: pathlib.Path, configuration: Configuration
) -> pathlib.Path:
    """Returns where a model is kept while it is the best of its family."""
    return folder / "best" / configuration.name


def format_summary(scores: Scores) -> str:
    """Returns the share of good models of each family, in Markdown."""
    threshold = GOOD * max(scores.values())
    lines = [
        f"| family | models | I' above {threshold:.2f} | 95 % | best I' | of |",
        "|---|---:|---:|---:|---:|---|",
    ]
    for family in grid.FAMILIES:
        own = {c: s for c, s in scores.items() if c.family == family}
        if not own:
            continue
        good = sum(score > threshold for score in own.values())
        low, high = accuracy_interval(good, len(own))
        best = max(own, key=own.get)
        lines.append(
            f"| {family} | {len(own)} | {good / len(own):.1%} | {low:.1%} to"
            f" {high:.1%} | {own[best]:.2f} | {best.name} |"
        )
    return "\n".join(lines)


def format_csv(scores: Scores) -> str:
    """Returns a line for each configuration."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*Configuration._fields, "score"])
    writer.writerows([*c, score] for c, score in scores.items())
    return text.getvalue()


def by_layers(scores: Scores) -> dict[str, dict[str, list[float]]]:
    """Returns the panels of figure 2: all, and those of few layers."""
    return {
        title: _families(
            {
                c: score
                for c, score in scores.items()
                if max(c.layers_g, c.layers_d) <= most
            }
        )
        for most, title in (
            (5, "all"),
            (4, "nLayer[GD] <= 4"),
            (3, "nLayer[GD] <= 3"),
        )
    }


def by_optimizers(scores: Scores) -> dict[str, dict[str, list[float]]]:
    """Returns the panels of figure 3: GANs apart, all others in each."""
    parts: dict[str, dict] = {}
    for c in sorted(scores):
        if c.family == "GAN":
            title = f"D {c.optimizer_d}, G {c.optimizer_g}, {c.learning_rate:g}"
            parts.setdefault(title, {})[c] = scores[c]
    every = {c: s for c, s in scores.items() if c.family != "GAN"}
    return {
        title: _families(every | part) for title, part in sorted(parts.items())
    }


def _families(scores: Scores) -> dict[str, list[float]]:
    return {
        family: [s for c, s in scores.items() if c.family == family]
        for family in grid.FAMILIES
    }

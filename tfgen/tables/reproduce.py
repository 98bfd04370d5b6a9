"""Tables of papers: each row trained with several seeds, beside its figure.

workdir/
  <table>/<row>/seed-<n>/   a run, see `tfgen.run`, and result.json
  <table>.md                the table
  <table>.png               samples, where the table has some: a column a row
  <table>.csv               all figures of each run
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import pathlib
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from absl import logging

from tfgen.config import convert
from tfgen.errors import UserError
from tfgen.evaluate.intervals import mean_interval
from tfgen.files import read_or_warn, write_text
from tfgen.processes import each_in_a_process
from tfgen.run import Run
from tfgen.tables.papers import TABLES, Row, Table
from tfgen.train.lock import Lock
from tfgen.train.strategy import make_strategy
from tfgen.viz.images import columns_of_files

Say = Callable[[str], None]


class TableJob(NamedTuple):
    """A run that a process is asked for.

    Attributes:
      row: its name.
      seed: of the training.
      folder: of the run.
      request: arguments of `Run.start`.
      checkpoint: which is measured.
      figures: that the table takes from it; the first is told as progress.
      strategy: name of where to train.
      samples: whether they are drawn.
      cache_dir: see `tfgen.run.Run`.
      measures: see `Table`.
    """

    row: str
    seed: int
    folder: pathlib.Path
    request: dict[str, Any]
    checkpoint: str
    figures: tuple[str, ...]
    strategy: str
    samples: bool = False
    cache_dir: str | None = None
    measures: tuple[str, ...] = ()

    @property
    def picture(self) -> pathlib.Path:
        """The file of its samples."""
        return self.folder / "samples" / "samples.png"


class Result(NamedTuple):
    """What came out of a run.

    Attributes:
      figures: name -> value.
      parameters: that were trained.
    """

    figures: dict[str, float]
    parameters: int


def reproduce(
    table: str,
    workdir: str | os.PathLike,
    num_seeds: int,
    preset: str | None,
    data: str | None,
    overrides: Sequence[str],
    strategy: str,
    parallel: int,
    say: Say,
    cache_dir: str | None = None,
    rows: str = "",
) -> str:
    """Trains what is not trained yet.

    Args:
      table: name in `TABLES`.
      workdir: a folder; runs that are done there are not repeated.
      num_seeds: of each row; also the data of a grammar are drawn with them.
      preset: of each row's model; None is its default.
      data: of every row; None is the preset's.
      overrides: `name=value` strings, for every row.
      strategy: name of where to train, see `tfgen.train.strategy`.
      parallel: runs at a time, each in a process.
      say: is told of progress.
      cache_dir: see `tfgen.run.Run`.
      rows: see `Table.only`.

    Returns:
      The table, which is also written as Markdown, and each run as CSV; samples
      are drawn if the table has some.

    Raises:
      UserError: a setting that does not exist or that the table sets itself,
        data without labels or that do not give the table's figures, or a
        workdir with runs of other settings.
    """
    began = time.monotonic()
    workdir = pathlib.Path(workdir)
    content = TABLES[table].only(rows)
    _check(content.trained, overrides)
    jobs = [
        TableJob(
            row.name,
            seed,
            workdir / table / _slug(row.name) / f"seed-{seed}",
            {
                "model": row.model,
                "preset": row.presets.get(preset or "", preset),
                "data": data,
                "overrides": [*overrides, *row.overrides, f"train.seed={seed}"],
            },
            content.checkpoint,
            content.figures_of(row),
            strategy,
            content.samples,
            cache_dir,
            content.measures,
        )
        for seed in range(num_seeds)
        for row in content.trained
        if seed < (row.seeds or num_seeds)
    ]
    with Lock(workdir / table):
        found = {(job.row, job.seed): _done(job) for job in jobs}
        todo = [job for job in jobs if found[job.row, job.seed] is None]
        say(f"{len(jobs)} runs, of which {len(jobs) - len(todo)} are done")
        runs = each_in_a_process(run, todo, parallel)
        for i, (job, result) in enumerate(runs, len(jobs) - len(todo) + 1):
            found[job.row, job.seed] = result
            figure = job.figures[0]
            what = f"{i} of {len(jobs)}: {job.row}, seed {job.seed}"
            shown = content.shown(figure, result.figures[figure])
            say(f"[{time.monotonic() - began:5.0f} s] {what}: {figure} {shown}")
        results: dict[str, list[Result]] = {}
        for job in jobs:
            results.setdefault(job.row, []).append(found[job.row, job.seed])
        text = format_table(content, results)
        write_text(workdir / f"{table}.md", text + "\n")
        write_text(workdir / f"{table}.csv", format_csv(results))
        if content.samples:
            drawn = {
                row.name: [job.picture for job in jobs if job.row == row.name]
                for row in content.trained
            }
            columns_of_files(workdir / f"{table}.png", drawn)
        return text


def _check(rows: Iterable[Row], overrides: Iterable[str]) -> None:
    own = {"train.seed", "seed"}
    for row in rows:
        for override in row.overrides:
            path = override.partition("=")[0]
            own |= {path, path.rpartition(".")[2]}
    for override in overrides:
        name = override.partition("=")[0].strip()
        if name in own:
            raise UserError(
                f"{override}: the rows of the table differ in {name};"
                " leave it out (seeds says how many seeds)."
            )


def _done(job: TableJob) -> Result | None:
    """The result of a run that did the same."""

    def parse(values):
        if (values["request"], values["checkpoint"]) != (
            job.request,
            job.checkpoint,
        ):
            return None
        if values.get("drawn") and not job.picture.exists():
            return None
        figures = {
            name: convert(value, float, name)
            for name, value in values["figures"].items()
        }
        parameters = convert(values["parameters"], int, "parameters")
        result = Result(figures, parameters)
        return None if _missing(job, result) else result

    return read_or_warn(job.folder / "result.json", parse)


def _missing(job: TableJob, result: Result) -> list[str]:
    """The table's figures that did not come out."""
    return [figure for figure in job.figures if figure not in result.figures]


def run(job: TableJob) -> Result:
    """Trains, or goes on; measures, and writes `result.json`.

    Raises:
      UserError: no such run, or it does not give the table's figures.
    """
    made = Run.start(job.folder, **job.request)
    # A density needs none; other figures are of labels, samples, other fields.
    spec, density = made.config.spec, {"nats", "bits_per_dim"}
    if not (
        spec.num_classes
        or spec.fields
        or job.samples
        or density.issuperset(job.figures)
    ):
        raise UserError(
            f"data={made.config.data.name}: has no labels, which the table's"
            " figures are made of; name data with labels."
        )
    made.cache_dir = job.cache_dir
    made.train(make_strategy(job.strategy))
    # A game that collapsed has no best weights; a row without it would flatter.
    model = made.restore(job.checkpoint, "last")
    if not made.checkpoint.name.startswith(job.checkpoint):
        logging.warning(
            "%s: has no good best checkpoint; its last weights count.",
            job.folder,
        )
    parameters = sum(math.prod(w.shape) for w in model.trainable_variables)
    figures = made.evaluate()
    if job.measures:
        figures |= made.evaluate(job.measures)
    result = Result(figures, parameters)
    if missing := _missing(job, result):
        raise UserError(
            f"{job.folder}: the table shows {', '.join(missing)}, which"
            f" evaluation does not give; it gives {', '.join(result.figures)}."
        )
    drawn = job.samples and model.can("sample")
    if drawn:
        made.draw()
    values = {
        **result._asdict(),
        "drawn": drawn,
        "request": job.request,
        "checkpoint": job.checkpoint,
    }
    text = json.dumps(values, indent=2)
    write_text(job.folder / "result.json", text + "\n")
    return result


def format_table(table: Table, results: Mapping[str, Sequence[Result]]) -> str:
    """Returns a table in Markdown: means over seeds, with their intervals.

    Args:
      table: of the paper.
      results: name of a row -> one result a seed; rows that are not here have
        the paper's figure only.
    """
    titles = [
        cell for title in table.figures.values() for cell in (title, "95 %")
    ]
    titles = ["model", table.paper, *titles, "seeds", "parameters"]
    lines = [f"| {' | '.join(titles)} |", f"|---|{'---:|' * (len(titles) - 1)}"]
    for row in table.rows:
        found = results.get(row.runs_of or row.name)
        other = "a picture" if table.samples else ""
        unit = table.units.get(next(iter(table.figures)), "%")
        paper = other if row.paper is None else f"{row.paper:.2f} {unit}"
        cells = [row.name, paper]
        if found:
            figures = [*(row.figures or table.figures)]
            figures += [""] * (len(table.figures) - len(figures))
            for figure in figures:
                values = [r.figures[figure] for r in found if figure]
                cells += _mean(table, figure, values)
            parameters = f"{found[0].parameters:,}" if row.model else ""
            cells += [str(len(found)), parameters]
        else:
            cells += ["not here"] + [""] * (len(titles) - 3)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _mean(
    table: Table, figure: str, values: Sequence[float]
) -> tuple[str, str]:
    """Mean and half the width of its interval."""
    if not values:
        return "", ""
    mean, half = mean_interval(values)
    shown = table.shown(figure, half).partition(" ")[0]
    return table.shown(figure, mean), "" if math.isnan(half) else f"± {shown}"


def format_csv(results: Mapping[str, Sequence[Result]]) -> str:
    """Returns a line for each run, with every figure that it gave.

    Args:
      results: name of a row -> one result a seed, from seed 0 on.
    """
    figures = {
        f: 0 for runs in results.values() for r in runs for f in r.figures
    }
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["row", "seed", "parameters", *figures])
    for row, runs in results.items():
        for seed, result in enumerate(runs):
            values = [result.figures.get(figure, "") for figure in figures]
            writer.writerow([row, seed, result.parameters, *values])
    return text.getvalue()


def _slug(name: str) -> str:
    return re.sub(r"\W+", "-", name.lower()).strip("-")

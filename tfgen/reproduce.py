"""Tables of papers: each row trained with several seeds, beside its figure.

workdir/
  <table>/<row>/seed-<n>/   a run, see `tfgen.experiment`, and result.json
  <table>.md                the table
"""

from __future__ import annotations

import json
import math
import os
import pathlib
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import keras
import tensorflow as tf

from tfgen import experiment
from tfgen.errors import UserError
from tfgen.evaluate.intervals import mean_interval
from tfgen.tables import TABLES, Row
from tfgen.train.files import write_text

Say = Callable[[str], None]


class Result(NamedTuple):
    """What came out of a run.

    Attributes:
      accuracy: on the test split, in [0, 1].
      parameters: that were trained.
    """

    accuracy: float
    parameters: int


def reproduce(
    table: str,
    workdir: str | os.PathLike,
    num_seeds: int,
    preset: str | None,
    data: str | None,
    overrides: Sequence[str],
    strategy: tf.distribute.Strategy,
    say: Say,
) -> str:
    """Trains what is not trained yet.

    Args:
      table: name in `TABLES`.
      workdir: a folder; runs that are done there are not repeated.
      num_seeds: of each row; also the data of a grammar are drawn with them.
      preset: of each row's model; None is its default.
      data: of every row; None is the preset's.
      overrides: `name=value` strings, for every row.
      strategy: where to train.
      say: is told of progress.

    Returns:
      The table, which is also written as Markdown.

    Raises:
      UserError: a setting that does not exist or that the table sets itself, or
        a workdir with runs of other settings.
    """
    began = time.monotonic()
    workdir = pathlib.Path(workdir)
    rows = [row for row in TABLES[table] if row.model]
    _check(rows, overrides)
    results: dict[str, list[Result]] = {row.name: [] for row in rows}
    todo = [(seed, row) for seed in range(num_seeds) for row in rows]
    for i, (seed, row) in enumerate(todo, start=1):
        what = f"{i} of {len(todo)}: {row.name}, seed {seed}"
        say(f"[{time.monotonic() - began:5.0f} s] {what}")
        folder = workdir / table / _slug(row.name) / f"seed-{seed}"
        request = {
            "model": row.model,
            "preset": preset,
            "data": data,
            "overrides": [*overrides, *row.overrides, f"train.seed={seed}"],
        }
        result = _done(folder, request)
        if result is None:
            result = _run(folder, request, strategy)
        results[row.name].append(result)
        say(f"          accuracy {result.accuracy:.4f}")
    text = format_table(TABLES[table], results)
    write_text(workdir / f"{table}.md", text + "\n")
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
                f"--set {override}: the rows of the table differ in {name};"
                " leave it out (--seeds says how many seeds)."
            )


def _done(folder: pathlib.Path, request: Mapping) -> Result | None:
    """The result of a run that did the same."""
    try:
        values = json.loads((folder / "result.json").read_text())
        if values.pop("request") == request:
            return Result(**values)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass  # none yet, or one that was damaged: the run knows the rest
    return None


def _run(
    folder: pathlib.Path, request: Mapping, strategy: tf.distribute.Strategy
) -> Result:
    run = experiment.start(folder, **request)
    run.train(strategy)
    weights = run.model.trainable_variables
    result = Result(
        run.evaluate()["accuracy"], sum(math.prod(w.shape) for w in weights)
    )
    values = {**result._asdict(), "request": dict(request)}
    write_text(folder / "result.json", json.dumps(values, indent=2) + "\n")
    keras.backend.clear_session()  # else every model stays in memory
    return result


def format_table(
    rows: Iterable[Row], results: Mapping[str, Sequence[Result]]
) -> str:
    """Returns a table in Markdown.

    Args:
      rows: of the paper.
      results: name of a row -> one result a seed; rows that are not here have
        the paper's figure only.
    """
    lines = [
        "| model | paper, SNLI | ours | 95 % | seeds | parameters |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        cells = [row.name, f"{row.paper:.2f} %"]
        found = results.get(row.name)
        if found:
            mean, half = mean_interval([100 * r.accuracy for r in found])
            spread = "" if math.isnan(half) else f"± {half:.2f}"
            count = f"{found[0].parameters:,}"
            cells += [f"{mean:.2f} %", spread, str(len(found)), count]
        else:
            cells += ["not here", "", "", ""]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _slug(name: str) -> str:
    return re.sub(r"\W+", "-", name.lower()).strip("-")

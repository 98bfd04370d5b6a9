"""Claims of papers that are no models, tried in a small setting.

An experiment is a module of this package, of a few hundred lines at most, which
says in its docstring what the paper and its reviews claim. It has

    PAPER    authors, year and arXiv number
    TABLE    a `Table` whose rows train no model of the registry
    CLAIMS   sentence -> whether it holds of one seed's figures
    rows     seed -> name of a row -> name of a figure -> value

`apps.reproduce` runs each seed in a process of its own and prints the table; a
claim is reproduced if it holds with every seed, partly if with some.

workdir/
  <name>/seed-<n>/result.json  the figures
  <name>.md                    table and claims
  <name>.csv                   all figures of each seed
"""

from __future__ import annotations

import importlib
import json
import os
import pathlib
import types
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from tfgen.config import convert
from tfgen.files import read_or_warn, write_text
from tfgen.processes import each_in_a_process
from tfgen.train.lock import Lock

NAMES = (
    "counts",
    "deep_linear",
    "deepsim",
    "dgn_am",
    "hdqn",
    "mathieu",
    "scan_order",
)

# Name of a row -> name of a figure -> value.
Figures = Mapping[str, Mapping[str, float]]


class Job(NamedTuple):
    """A seed of an experiment."""

    name: str
    seed: int
    folder: pathlib.Path


def load(name: str) -> types.ModuleType:
    """Returns the module of an experiment."""
    return importlib.import_module(f"tfgen.experiments.{name}")


def reproduce(
    name: str,
    workdir: str | os.PathLike,
    num_seeds: int,
    parallel: int,
    say: Callable[[str], None],
) -> str:
    """Runs the seeds that have no result yet.

    Args:
      name: in `NAMES`.
      workdir: a folder; seeds that are done there are not repeated, unless the
        experiment's file has changed.
      num_seeds: how many, from 0 on.
      parallel: seeds at a time, each in a process.
      say: is told of progress.

    Returns:
      Table and claims in Markdown, which are also written.
    """
    from tfgen.tables.reproduce import Result, format_csv, format_table

    workdir, module = pathlib.Path(workdir), load(name)
    jobs = [
        Job(name, seed, workdir / name / f"seed-{seed}")
        for seed in range(num_seeds)
    ]
    with Lock(workdir / name):
        found = {job.seed: _done(job) for job in jobs}
        todo = [job for job in jobs if found[job.seed] is None]
        say(f"{len(jobs)} seeds, of which {len(jobs) - len(todo)} are done")
        for job, figures in each_in_a_process(run, todo, parallel):
            found[job.seed] = figures
            say(f"{name}, seed {job.seed}: done")
        results = {
            row.name: [Result(found[s][row.name], 0) for s in sorted(found)]
            for row in module.TABLE.rows
        }
        table = format_table(module.TABLE, results)
        claims = judged(module.CLAIMS, [found[s] for s in sorted(found)])
        text = f"{table}\n\n{claims}"
        write_text(workdir / f"{name}.md", text + "\n")
        write_text(workdir / f"{name}.csv", format_csv(results))
    return text


def judged(
    claims: Mapping[str, Callable[[Figures], bool]],
    seeds: Iterable[Figures],
) -> str:
    """Returns a line for each claim: whether it is reproduced.

    Args:
      claims: see `CLAIMS` above.
      seeds: figures of each.
    """
    lines, seeds = [], list(seeds)
    for claim, holds in claims.items():
        count = sum(bool(holds(figures)) for figures in seeds)
        how = "partly" if count else "not"
        verdict = "reproduced" if count == len(seeds) else f"{how} reproduced"
        lines.append(f"- {claim}: {verdict}, {count} of {len(seeds)} seeds.")
    return "\n".join(lines)


def run(job: Job) -> Figures:
    """Runs a seed, and writes `result.json`."""
    figures = {
        row: {name: float(value) for name, value in values.items()}
        for row, values in load(job.name).rows(job.seed).items()
    }
    text = json.dumps({"code": _code(job.name), "rows": figures}, indent=2)
    write_text(job.folder / "result.json", text + "\n")
    return figures


def _done(job: Job) -> Figures | None:
    """The figures of a seed of the same code."""

    def parse(values):
        if values["code"] != _code(job.name):
            return None
        return {
            row: {n: convert(v, float, n) for n, v in figures.items()}
            for row, figures in values["rows"].items()
        }

    return read_or_warn(job.folder / "result.json", parse)


def _code(name: str) -> int:
    """The checksum of an experiment's file."""
    return zlib.crc32(pathlib.Path(load(name).__file__).read_bytes())

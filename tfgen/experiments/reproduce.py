"""Runs experiments, several seeds of each, and says which claims hold.

workdir/
  <name>/seed-<n>/result.json  the figures
  <name>.md                    table and claims
  <name>.csv                   all figures of each seed
"""

from __future__ import annotations

import inspect
import json
import os
import pathlib
import time
import types
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from tfgen import experiments
from tfgen.config import convert
from tfgen.files import read_or_warn, write_text
from tfgen.processes import each_in_a_process
from tfgen.tables.reproduce import Result, format_csv, format_table
from tfgen.train.lock import Lock

# Name of a row -> name of a figure -> value.
Figures = Mapping[str, Mapping[str, float]]


class ExperimentJob(NamedTuple):
    """A seed of an experiment."""

    name: str
    seed: int
    folder: pathlib.Path


def reproduce_claims(
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
        experiment's code has changed.
      num_seeds: how many, from 0 on.
      parallel: seeds at a time, each in a process.
      say: is told of progress.

    Returns:
      Table and claims in Markdown, which are also written.
    """
    workdir, module = pathlib.Path(workdir), experiments.module(name)
    jobs = [
        ExperimentJob(name, seed, workdir / name / f"seed-{seed}")
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
      claims: see `tfgen.experiments`.
      seeds: figures of each.
    """
    lines, seeds = [], list(seeds)
    for claim, holds in claims.items():
        count = sum(bool(holds(figures)) for figures in seeds)
        how = "partly" if count else "not"
        verdict = "reproduced" if count == len(seeds) else f"{how} reproduced"
        lines.append(f"- {claim}: {verdict}, {count} of {len(seeds)} seeds.")
    return "\n".join(lines)


def run(job: ExperimentJob) -> Figures:
    """Runs a seed, and writes `result.json`."""
    start = time.monotonic()
    module = experiments.module(job.name)
    figures = {
        row: {name: float(value) for name, value in values.items()}
        for row, values in module.rows(job.seed).items()
    }
    result = {
        "code": _code(module),
        "seconds": round(time.monotonic() - start, 1),
        "rows": figures,
    }
    write_text(job.folder / "result.json", json.dumps(result, indent=2) + "\n")
    return figures


def _done(job: ExperimentJob) -> Figures | None:
    """The figures of a seed of the same code."""
    code = _code(experiments.module(job.name))

    def parse(values):
        if values["code"] != code:
            return None
        return {
            row: {n: convert(v, float, n) for n, v in figures.items()}
            for row, figures in values["rows"].items()
        }

    return read_or_warn(job.folder / "result.json", parse)


def _code(module: types.ModuleType) -> int:
    """The checksum of an experiment's file and of its helpers' beside it."""
    home = pathlib.Path(module.__file__).parent
    files = {pathlib.Path(module.__file__)}
    for value in vars(module).values():
        source = inspect.getmodule(value)
        if path := getattr(source, "__file__", None):
            files.add(pathlib.Path(path))
    code = b"".join(f.read_bytes() for f in sorted(files) if f.parent == home)
    return zlib.crc32(code)

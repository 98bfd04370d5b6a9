"""A small search over settings: a run for each, ranked by validation.

workdir/
  trial-000/           a run, see `tfgen.run`, and trial.json, what came out
  sweep.md             the table, the best first
  asked.json           of a guided search, see `guided.py`
"""

from __future__ import annotations

import itertools
import json
import math
import os
import pathlib
import random
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from tfgen import registry
from tfgen.config import Preset, apply_overrides
from tfgen.errors import UserError
from tfgen.files import read_or_warn, write_text
from tfgen.processes import each_in_a_process
from tfgen.run import Run
from tfgen.tables import guided
from tfgen.train.lock import Lock
from tfgen.train.strategy import make_strategy


class Trial(NamedTuple):
    """A run that a process is asked for.

    Attributes:
      folder: of the run.
      request: arguments of `Run.start`.
      chosen: the settings that were searched, `name=value`.
      strategy: name of where to train.
      cache_dir: see `tfgen.run.Run`.
    """

    folder: pathlib.Path
    request: dict[str, Any]
    chosen: tuple[str, ...]
    strategy: str
    cache_dir: str | None


class Space(NamedTuple):
    """The values of one setting.

    Attributes:
      name: of the setting.
      values: as they are typed; of a range, its ends.
      is_range: whether all numbers between the ends are meant; by their
        logarithms, if one end is ten times the other or more.
    """

    name: str
    values: tuple[str, ...]
    is_range: bool

    @property
    def by_logarithms(self) -> bool:
        """Whether numbers of a range are drawn by their logarithms."""
        low, high = map(float, self.values)
        return low > 0 and high >= 10 * low

    @property
    def is_whole(self) -> bool:
        """Whether the numbers of a range are whole."""
        return all(re.fullmatch(r"-?\d+", end) for end in self.values)

    def draw(self, generator: random.Random) -> str:
        """Returns a value at random."""
        if not self.is_range:
            return generator.choice(self.values)
        low, high = map(float, self.values)
        if self.by_logarithms:
            value = math.exp(generator.uniform(math.log(low), math.log(high)))
        else:
            value = generator.uniform(low, high)
        return str(round(value)) if self.is_whole else f"{value:.4g}"


def parse(text: str) -> Space:
    """Reads `name=a,b,c`, `name=a|b,c` or `name=low..high`.

    Raises:
      UserError: it is none of these.
    """
    name, equals, values = text.partition("=")
    ends = values.split("..")
    try:
        is_range = len(ends) == 2 and float(ends[0]) < float(ends[1])
    except ValueError:
        is_range = False
    if not is_range:
        ends = values.split("|" if "|" in values else ",")
    if not (name and equals and all(ends)):
        raise UserError(
            f"search={text}: expected name=a,b,c, name=a|b|c where values have"
            " commas, or name=low..high."
        )
    return Space(name, tuple(ends), is_range)


def draws(spaces: Sequence[Space], sampler: str, seed: int) -> Iterator[tuple]:
    """Yields settings `name=value`, the same ones for the same seed.

    Raises:
      UserError: a grid of a range.
    """
    if sampler == "grid":
        for space in spaces:
            if space.is_range:
                raise UserError(
                    f"search={space.name}: a grid has no ranges; name its"
                    " values, or sampler=random."
                )
        yield from itertools.product(
            *([f"{s.name}={v}" for v in s.values] for s in spaces)
        )
        return
    for i in itertools.count():
        generator = random.Random(f"{seed} {i}")
        yield tuple(f"{s.name}={s.draw(generator)}" for s in spaces)


def sweep(
    workdir: str | os.PathLike,
    request: dict[str, Any],
    search: Sequence[str],
    count: int,
    sampler: str,
    seed: int,
    strategy: str,
    parallel: int | None,
    say: Callable[[str], None],
    cache_dir: str | None = None,
) -> str:
    """Trains what is not trained yet; returns the table.

    Args:
      workdir: a folder; trials that are done there are not repeated.
      request: `model`, `preset`, `data` and `overrides` of every trial.
      search: see `parse`; at least one.
      count: trials, at most; of a grid, all that there are.
      sampler: "random", "grid", or one of `guided.SAMPLERS`, which learns from
        the trials that are done: of several at a time, from those before.
      seed: of the drawing.
      strategy: name of where to train, see `tfgen.train.strategy`.
      parallel: processes at a time; None: as many as memory and cores allow,
        by what the first trial took.
      say: is told of progress.
      cache_dir: see `tfgen.run.Run`.

    Raises:
      UserError: a setting that does not exist, a bad value, or no Optuna.
    """
    workdir, spaces = pathlib.Path(workdir), [parse(text) for text in search]
    _check(spaces, request["model"])
    guide = sampler in guided.SAMPLERS
    asked = workdir / "asked.json"
    trials: list[Trial] = []
    results: dict[pathlib.Path, dict[str, Any] | None] = {}

    def add(settings):
        own = {**request, "overrides": [*request["overrides"], *settings]}
        folder = workdir / f"trial-{len(trials):03}"
        trials.append(Trial(folder, own, settings, strategy, cache_dir))
        results[folder] = _done(trials[-1])

    def ask(more):
        done = [(t.chosen, results[t.folder]["best"]) for t in trials]
        for _ in range(min(more, count - len(trials))):
            add(guided.ask(spaces, sampler, seed, done, len(trials)))
        guided.write(asked, search, [trial.chosen for trial in trials])

    with Lock(workdir):
        known = guided.read(asked, search) if guide else None
        for settings in itertools.islice(
            draws(spaces, sampler, seed) if known is None else known, count
        ):
            add(settings)
        done = sum(result is not None for result in results.values())
        say(f"{count if guide else len(trials)} trials, of which {done} done")
        while True:
            measured = [result for result in results.values() if result]
            # What memory the others need is known of the first one.
            first = not (parallel or measured)
            processes = 1 if first else parallel or _that_fit(measured)
            if guide and len(measured) == len(trials):
                ask(processes)
            todo = [t for t in trials if results[t.folder] is None]
            if not todo:
                break
            part = todo[:processes] if first or guide else todo
            for trial, result in each_in_a_process(run, part, processes):
                results[trial.folder] = result
                what = result["error"] or f"best {result['best']:.6g}"
                say(f"{trial.folder.name} {' '.join(trial.chosen)}: {what}")
        text = format_trials(trials, results)
        write_text(workdir / "sweep.md", text + "\n")
        return text


def _check(spaces: Sequence[Space], model: str) -> None:
    """Raises `UserError` of a setting that there is not, or a bad value."""
    module = registry.get(model).module()
    data = next(iter(module.PRESETS.values())).data
    for space in spaces:
        for value in space.values:
            apply_overrides(
                Preset(module.Config(), data), [f"{space.name}={value}"]
            )


def run(trial: Trial) -> dict[str, Any]:
    """Trains, or goes on, and writes `trial.json`.

    A training that fails is a result as well: it is the last of the table.
    """
    result = {"best": math.inf, "step": 0, "error": ""}
    try:
        made = Run.start(trial.folder, **trial.request)
        made.cache_dir = trial.cache_dir
        end = made.train(make_strategy(trial.strategy))
        result |= {"best": end.best, "step": end.best_step}
    except UserError as error:
        result["error"] = str(error)
    status = pathlib.Path("/proc/self/status").read_text()
    result["kilobytes"] = int(re.search(r"VmHWM:\s*(\d+)", status)[1])
    values = {"request": trial.request, **result}
    write_text(trial.folder / "trial.json", json.dumps(values, indent=2) + "\n")
    return result


def _done(trial: Trial) -> dict[str, Any] | None:
    def parse(values):
        same = values.pop("request") == trial.request
        return values if same and values["kilobytes"] else None

    return read_or_warn(trial.folder / "trial.json", parse)


def _that_fit(results) -> int:
    """How many processes at a time, by what a trial took."""
    most = max(result["kilobytes"] for result in results)
    memory = pathlib.Path("/proc/meminfo").read_text()
    free = int(re.search(r"MemAvailable:\s*(\d+)", memory)[1])
    return max(1, min(os.cpu_count() or 1, free // most))


def format_trials(trials: Sequence[Trial], results) -> str:
    """Returns the trials in Markdown, the best first."""
    names = [setting.partition("=")[0] for setting in trials[0].chosen]
    head = ["trial", *names, "best validation", "step"]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for trial in sorted(trials, key=lambda t: results[t.folder]["best"]):
        result = results[trial.folder]
        values = [setting.partition("=")[2] for setting in trial.chosen]
        best = result["error"] or f"{result['best']:.6g}"
        cells = [trial.folder.name, *values, best, str(result["step"])]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)

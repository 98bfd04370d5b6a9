"""A search by Optuna, whose sampler learns from the trials that are done.

What it asked for is in `asked.json`, so that a search that was stopped goes on
with the same trials. Optuna is no requirement: `pip install optuna`.
"""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tfgen.errors import UserError
from tfgen.files import read_json, write_text

if TYPE_CHECKING:
    from tfgen.tables.sweep import Space

# Our name -> Optuna's class.
SAMPLERS = {"tpe": "TPESampler"}


def read(path: pathlib.Path, search: Sequence[str]) -> list[tuple[str, ...]]:
    """Returns the settings that were asked for before, if any were.

    Args:
      path: of `asked.json`.
      search: what is searched.

    Raises:
      UserError: another search was begun there.
    """
    if not path.exists():
        return []
    held = read_json(path)
    if held["search"] != [*search]:
        raise UserError(
            f"search={' '.join(search)}: {path.parent} holds a search of"
            f" {' '.join(held['search'])}; name another workdir."
        )
    return [tuple(settings) for settings in held["trials"]]


def write(
    path: pathlib.Path,
    search: Sequence[str],
    trials: Sequence[Sequence[str]],
) -> None:
    """Writes what `read` reads."""
    values = {"search": [*search], "trials": [*map(list, trials)]}
    write_text(path, json.dumps(values, indent=2) + "\n")


def ask(
    spaces: Sequence[Space],
    sampler: str,
    seed: int,
    done: Iterable[tuple[Sequence[str], float]],
    number: int,
) -> tuple[str, ...]:
    """Returns the settings of the next trial, `name=value`.

    Args:
      spaces: what is searched.
      sampler: name in `SAMPLERS`.
      seed: of the search.
      done: settings and the best validation; not finite where a trial failed.
      number: of the trial, which is a seed as well.

    Raises:
      UserError: Optuna is not installed.
    """
    try:
        import optuna
    except ImportError as error:
        raise UserError(
            f"sampler={sampler}: needs Optuna: pip install optuna; or"
            " sampler=random."
        ) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    kind = getattr(optuna.samplers, SAMPLERS[sampler])
    own = np.random.SeedSequence([seed, number]).generate_state(1)[0]
    study = optuna.create_study(sampler=kind(seed=int(own)))
    where = {s.name: _distribution(optuna, s) for s in spaces}
    for settings, best in done:
        typed = dict(setting.split("=", 1) for setting in settings)
        state = optuna.trial.TrialState
        fine = np.isfinite(best)
        study.add_trial(
            optuna.trial.create_trial(
                params={s.name: _value(s, typed[s.name]) for s in spaces},
                distributions=where,
                value=best if fine else None,
                state=state.COMPLETE if fine else state.FAIL,
            )
        )
    found: dict[str, Any] = study.ask(where).params
    return tuple(f"{s.name}={_text(s, found[s.name])}" for s in spaces)


def _distribution(optuna, space):
    if not space.is_range:
        return optuna.distributions.CategoricalDistribution(space.values)
    low, high = map(float, space.values)
    log = space.by_logarithms
    if space.is_whole:
        ends = int(low), int(high)
        return optuna.distributions.IntDistribution(*ends, log=log)
    return optuna.distributions.FloatDistribution(low, high, log=log)


def _value(space, text):
    if not space.is_range:
        return text
    return int(text) if space.is_whole else float(text)


def _text(space, value):
    """As typed; within the range, whose ends are short."""
    if not space.is_range or space.is_whole:
        return str(value)
    low, high = map(float, space.values)
    return f"{min(max(float(f'{value:.4g}'), low), high):.6g}"

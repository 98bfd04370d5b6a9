"""A brief run of each model, for a gallery of them all.

Only of presets whose data are on every machine: `digits` where a model has it,
else the first other than `tiny`, else `tiny`.
"""

from __future__ import annotations

import os
import pathlib
import traceback
from collections.abc import Iterator, Sequence

from absl import logging

from tfgen import registry
from tfgen.errors import UserError
from tfgen.processes import each_in_a_process

_PAIRS = "classifiers"
ZooJob = tuple[str, str, str, int]  # workdir, model, preset, steps


def jobs(
    folder: str | os.PathLike, steps: int, names: Sequence[str] = ()
) -> list[ZooJob]:
    """Returns the runs that are not there yet.

    Args:
      folder: of their workdirs, which are named as the models.
      steps: of each training, at most.
      names: of models; none are all but the classifiers of pairs, which
        `apps.snli` trains.

    Raises:
      UserError: an unknown name, or a classifier's.
    """
    left_out = classifiers_of_pairs()
    known = {n: e for n, e in registry.MODELS.items() if n not in left_out}
    for name in names:
        if name not in known:
            raise UserError(
                f"model={name}: expected one of {', '.join(known)}."
            )
    found = []
    for name in names or known:
        workdir = pathlib.Path(folder, name)
        if not (workdir / "evaluation.json").exists():  # what comes last
            preset = _preset(known[name].module().PRESETS)
            found.append((os.fspath(workdir), name, preset, steps))
    return found


def classifiers_of_pairs() -> list[str]:
    """Returns the models that have no run here: `apps.snli` trains them."""
    return [n for n, e in registry.MODELS.items() if e.family == _PAIRS]


def _preset(presets) -> str:
    here = [name for name, preset in presets.items() if preset.data.built_in]
    longer = [name for name in here if name != "tiny"]
    return "digits" if "digits" in here else (longer or here)[0]


def train(
    work: Sequence[ZooJob], parallel: int
) -> Iterator[tuple[ZooJob, str]]:
    """Yields each job when it has ended, and why if it failed, else "".

    Args:
      work: of `jobs`.
      parallel: processes at a time.
    """
    yield from each_in_a_process(_tried, work, parallel)


def _tried(job: ZooJob) -> str:
    """One model's failure does not keep the others from the gallery."""
    try:
        run_of(job)
    except UserError as error:
        return str(error)
    except Exception as error:  # a fault of ours
        logging.debug("%s", traceback.format_exc())
        return f"{type(error).__name__}: {error}"
    return ""


def run_of(job: ZooJob) -> None:
    """Trains, draws and evaluates; a job that was stopped goes on."""
    from tfgen.run import Run
    from tfgen.train.strategy import make_strategy

    workdir, model, preset, steps = job
    brief = registry.get(model).module().PRESETS[preset].train.steps
    run = Run.start(
        workdir, model, preset, None, [f"train.steps={min(steps, brief)}"]
    )
    run.train(make_strategy("auto"))
    if run.model.can("sample", "translate"):
        run.draw()
    run.evaluate()

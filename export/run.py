"""Exports the model of a workdir, measured on its own data."""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from export import tolerances
from export.check.judge import Goal
from export.check.outside import outside_of
from export.check.task import task_of
from export.export import Measures, export_model
from export.report import Report
from export.web.litert import find
from export.web.page import write_page
from export.write.calibration import training_rows
from tfgen import registry
from tfgen.config import convert
from tfgen.data.loaded import reads_data
from tfgen.errors import UserError
from tfgen.saved_config import data_name

if TYPE_CHECKING:
    from tfgen.run import Run

AUTO = "auto"


@reads_data
def export_run(
    run: Run,
    quantizations: Sequence[str] = tolerances.DEFAULT,
    target: Goal = "latency",
    max_error: float | None = None,
    complete: bool = False,
    web: bool = False,
    litert: str | os.PathLike | None = None,
) -> list[Report]:
    """Writes the best weights of a run into `export/` of its workdir.

    Where 8 bits are asked for, ranges come from the training data, and what
    each artefact costs is measured on the test split, and on rows that are no
    data.

    Args:
      run: trained.
      quantizations: see `export_model`; `auto` alone tries all, and keeps one.
      target: what `auto` keeps: the fastest or the smallest.
      max_error: allowed by `auto`, instead of each kind's own.
      complete: servers also complete and project examples, by gradients of
        what the model decodes.
      web: also a page that runs the float32 file in browsers.
      litert: where LiteRT.js is, which such a page needs, see
        `export.web.litert`.

    Returns:
      See `export_model`.

    Raises:
      UserError: see `export_model`; or settings that do not fit together, or
        another process uses the workdir.
    """
    known = (*tolerances.QUANTIZATIONS, AUTO)
    quantizations = tolerances.each_once(quantizations, known)
    auto = AUTO in quantizations
    if auto and len(quantizations) > 1:
        raise UserError(
            "quantize=auto: tries every kind; expected no other kind beside it."
        )
    if max_error is not None and not (auto and max_error > 0):
        raise UserError(
            f"max_error={max_error}: expected more than 0, with quantize=auto."
        )
    kinds = tolerances.QUANTIZATIONS if auto else quantizations
    measured = any(tolerances.TOLERANCES[q].weight_bytes == 1 for q in kinds)
    # It imports TensorFlow.
    from tfgen.projection import Search

    if complete and not run.model.can("decode"):
        raise UserError(
            f"complete: {run.config.model} decodes nothing; expected a model"
            " that does, or complete=false."
        )
    runtime = _runtime(run, quantizations, litert) if web else {}
    card = _card(run)
    page = functools.partial(write_page, run, card, runtime) if web else None
    with run.lock:
        measures = Measures(
            training=training_rows(run) if measured else {},
            task=task_of(run) if measured else None,
            outside=outside_of(run) if measured else None,
            choose=target if auto else None,
            max_error=max_error,
            card=card,
        )
        return export_model(
            run.model,
            run.workdir / "export",
            run.config.model,
            kinds,
            measures,
            Search() if complete else None,
            page,
            getattr(run.config.data, "background", "white"),
        )


def _runtime(run, quantizations, litert):
    """The files of LiteRT.js.

    Raises:
      UserError: they are not there, or the page would have nothing to run.
    """
    from tfgen.capabilities import signatures  # it imports TensorFlow

    if "float32" not in quantizations:
        raise UserError(
            f"format=web: the page runs float32; expected it in quantize, got"
            f" {', '.join(quantizations)}."
        )
    if not any(s.on_device for s in signatures(run.model).values()):
        raise UserError(
            f"format=web: {run.config.model} has nothing for devices; expected"
            " a model that encodes, decodes, scores or classifies there."
        )
    return find(litert)


def _card(run):
    """What a model card says of the run."""
    config = run.config
    figures = {}
    for name in ("evaluation.json", "report.json"):
        path = run.workdir / name
        if path.exists():
            figures |= figures_of(path)
    data = data_name(config.data.name)
    labels = f" Labels: {', '.join(config.spec.labels)}."
    return {
        "name": f"{config.model} on {data}",
        "model": config.model,
        "paper": registry.get(config.model).paper,
        "data": f"`{data}`, seed {config.train.seed}; settings of the preset"
        f" `{config.preset}`." + (labels if config.spec.labels else ""),
        "figures": figures,
    }


def figures_of(path) -> dict[str, float]:
    """Returns the figures of a JSON file.

    They are the numbers at its top, and the value of those with an interval.

    Raises:
      UserError: the file is damaged.
    """
    from tfgen.files import read_json, reason_of

    try:
        found = {}
        for name, value in read_json(path).items():
            if isinstance(value, dict) and "value" in value:
                found[name] = convert(value["value"], float, name)
            elif type(value) in (int, float):
                found[name] = value
        return found
    except (UserError, AttributeError) as error:
        raise UserError(
            f"{path}: no figures for the model card ({reason_of(error, path)});"
            " evaluate again, or remove the file."
        ) from error

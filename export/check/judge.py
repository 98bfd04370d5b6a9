"""Says which artefacts may be shipped."""

import dataclasses
import errno
import os
from collections.abc import Sequence
from typing import Literal

from export.check import outside
from export.check.task import Task
from export.report import Report, format_table, say
from export.tolerances import TOLERANCES
from tfgen.errors import UserError

Goal = Literal["latency", "size"]


def judge(report: Report, saved_model: Report, task: Task | None) -> Report:
    """Returns the report of a TFLite file, with what is wrong with the file.

    Args:
      report: of the file; gets the weights that the file should have.
      saved_model: of the SavedModel that the file is made of.
      task: that both were measured by.
    """
    size = TOLERANCES[report.artefact].weight_bytes
    weights = saved_model.weights // 4 * size
    problem = report.problem
    # What inference folds into others (running averages, the scales of weight
    # normalization) are a few percent; more than that has been lost.
    if not problem and report.bytes < 0.9 * weights:
        problem = f"{report.bytes:,} bytes, but its weights take {weights:,}"
    if not problem and task and task.allowed is not None:
        cost = task.cost(report.score, saved_model.score)
        if not cost <= task.allowed:
            problem = f"costs {cost:.3g} {task.metric}, allowed {task.allowed}"
    problem = problem or _lost_outside(report, saved_model)
    return dataclasses.replace(report, weights=weights, problem=problem)


def _lost_outside(report: Report, saved_model: Report) -> str:
    """What a score has lost on rows that no data are like."""
    for kind, found in report.auroc.items():
        expected = saved_model.auroc[kind]
        if abs(found - expected) > outside.AUROC:
            return (
                f"the AUROC of data and {kind} rows is {found:.3f}, the"
                f" SavedModel's {expected:.3f}"
            )
    if report.ranks is not None and 1 - report.ranks > outside.RANKS:
        return (
            f"orders rows otherwise: rank correlation {report.ranks:.3f},"
            f" allowed {1 - outside.RANKS}"
        )
    return ""


def require(reports: Sequence[Report], one_will_do: bool) -> None:
    """Ends an export that may not be shipped.

    Args:
      reports: of all artefacts.
      one_will_do: whether any TFLite file may stand for the others.

    Raises:
      OSError: a process found the disk full, which is no artefact's fault.
      UserError: a required artefact has a problem.
    """
    full = os.strerror(errno.ENOSPC)
    if any(full in report.problem for report in reports):
        raise OSError(errno.ENOSPC, full)
    for report in reports:
        is_file = report.artefact != "saved_model"
        required = TOLERANCES[report.artefact].required
        if report.problem and required and not (one_will_do and is_file):
            say(format_table(reports))
            raise UserError(
                f"export: {report.artefact}: {report.problem}; nothing was"
                " exported. The model's weights may be out of range: try an"
                " earlier checkpoint, or report it with the run's config.json."
            )


def choose(reports: Sequence[Report], target: Goal) -> list[Report]:
    """Returns the reports, where each TFLite file but one has a problem.

    Args:
      reports: the SavedModel's first.
      target: the least time of a call with one thread, or the least bytes.

    Raises:
      UserError: none is left to choose.
    """
    field = {"latency": "milliseconds", "size": "bytes"}[target]
    good = [report for report in reports[1:] if not report.problem]
    if not good:
        say(format_table(reports))
        raise UserError(
            "quantize=auto: no TFLite file may be shipped; the table above says"
            " why of each. Where it is the error, max_error allows more."
        )
    best = min(good, key=lambda report: getattr(report, field))
    word = {"latency": "faster", "size": "smaller"}[target]
    return [
        dataclasses.replace(report, problem=f"{best.artefact} is {word}")
        if report in good and report is not best
        else report
        for report in reports
    ]

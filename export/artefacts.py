"""Writes all artefacts of a model into a folder, and measures each of them."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import json
import os
import pathlib
import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from export import examples as examples_lib
from export import metadata, model_card, task
from export.description import DESCRIPTION, describe
from export.fresh_process import FreshProcess, ProcessError
from export.table import Row, format_table
from export.tflite import Converter
from export.tolerances import TOLERANCES
from tfgen.errors import UserError

if TYPE_CHECKING:
    import keras

Target = Literal["latency", "size"]


@dataclasses.dataclass(frozen=True)
class Measures:
    """What artefacts are measured and chosen by.

    Attributes:
      training: rows of the training data that ranges of 8 bits are made of;
        inputs that are not there are the model's own examples.
      task: measured for each artefact; one that costs too much is left out.
      choose: keep but the fastest or the smallest TFLite file; None keeps all.
      max_error: allowed for TFLite files, instead of each kind's own.
      card: what a model card says of the model, see `export.model_card`.
    """

    training: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)
    task: task.Task | None = None
    choose: Target | None = None
    max_error: float | None = None
    card: Mapping[str, str] = dataclasses.field(default_factory=dict)


def write(
    model: keras.Model,
    folder: pathlib.Path,
    quantizations: Sequence[str],
    measures: Measures,
) -> list[Row]:
    """Writes everything into `folder` and checks it.

    Args:
      model: see `tfgen.model`.
      folder: gets `saved_model`, `tflite` and `checks`.
      quantizations: of the TFLite files.
      measures: see there.

    Returns:
      A row for each artefact, the SavedModel first.

    Raises:
      UserError: a required artefact does not match.
    """
    # Imported here for `python -m export.check`, which needs no TensorFlow for
    # TFLite files.
    from export.saved_model import write_saved_model

    saved_model, tflite, checks, work = (
        folder / part for part in ("saved_model", "tflite", "checks", "work")
    )
    for path in (tflite, checks, work):
        path.mkdir()
    from tfgen import capabilities

    signatures = capabilities.signatures(model)
    on_device = [n for n, s in signatures.items() if s.on_device]
    quantizations = quantizations if on_device else []
    checker = _Checker(checks / "examples.npz", work, measures)
    calibration = work / "calibration.npz"
    with contextlib.ExitStack() as stack:
        # This process imports TensorFlow while the model is traced.
        converter = stack.enter_context(
            Converter(
                saved_model, tflite, on_device, quantizations, calibration
            )
        )
        _say(f"export: writing the SavedModel ({', '.join(signatures)})")
        write_saved_model(model, saved_model)
        checker.prepare(model)
        if any(q.startswith("int8") for q in quantizations):
            rows = task.calibration(model, measures.training)
            examples_lib.write(calibration, rows)
        # This one compares during the conversions, and measures time after.
        process = stack.enter_context(checker.start(saved_model))
        if quantizations:
            _say(f"export: converting to TFLite ({', '.join(quantizations)})")
        failed = converter.convert()
        _say("export: checking")
        rows = [checker.row("saved_model", process)]
    assets = capabilities.assets(model)
    for q in quantizations:
        if q in failed:
            rows.append(Row(q, problem=f"not converted: {failed[q]}"))
            continue
        path = tflite / f"{q}.tflite"
        description = describe(path, model.spec)
        text = json.dumps(description, indent=1)
        files = {**assets, DESCRIPTION: text.encode()}
        metadata.pack(path, files, description)
        with checker.start(path) as process:
            row = checker.row(q, process)
        rows.append(_judged(row, rows[0], measures.task))
    _check_room(rows)
    _check_required(rows, measures)
    if measures.choose and quantizations:
        rows = choose(rows, measures.choose)
    _finish(model, folder, rows, assets, measures.card)
    shutil.rmtree(work)
    return rows


def _finish(model, folder, rows, assets, card):
    """Removes what must not be shipped; adds table, model cards and assets."""
    tflite, checks = folder / "tflite", folder / "checks"
    for row in rows:
        if row.problem:
            (tflite / f"{row.artefact}.tflite").unlink(missing_ok=True)
    table = [dataclasses.asdict(row) for row in rows]
    (checks / "table.json").write_text(json.dumps(table, indent=2) + "\n")
    saved_model = folder / "saved_model"
    cards = {
        saved_model / "assets.extra": model_card.for_servers(
            model, card, rows, saved_model
        )
    }
    shipped = next((row.artefact for row in rows[1:] if not row.problem), None)
    if shipped:
        cards[tflite] = model_card.for_devices(
            model, card, rows, tflite / f"{shipped}.tflite"
        )
        for file, content in assets.items():
            (tflite / file).write_bytes(content)
    for target, text in cards.items():
        target.mkdir(exist_ok=True)
        (target / "MODEL_CARD.md").write_text(text)


class _Checker:
    """Runs `export.check` on artefacts, each in a fresh process."""

    def __init__(self, examples, work, measures):
        self._examples, self._work = examples, work
        self._measures = measures

    def prepare(self, model):
        """Writes what artefacts are run on."""
        computed = examples_lib.compute(model)
        examples_lib.write(self._examples, computed)
        if self._measures.task:
            example = self._measures.task.example
            examples_lib.write(self._work / "task.npz", [example])

    def start(self, artefact):
        options = ["--json"]
        if self._measures.task:
            outputs = self._work / f"{artefact.stem}.npz"
            options += ["--run", self._work / "task.npz", outputs]
        if self._measures.max_error is not None and artefact.is_file():
            options += ["--max_error", str(self._measures.max_error)]
        return FreshProcess("export.check", *options, self._examples, artefact)

    def row(self, artefact, process):
        try:
            process.wait()
        except ProcessError as error:
            return Row(artefact, problem=f"not checked: {error}")
        (values,) = json.loads(process.printed()[-1])
        row = Row(**values)
        task = self._measures.task
        outputs = self._work / f"{artefact}.npz"
        if task and outputs.exists():
            with np.load(outputs) as arrays:
                score = task.score(dict(arrays))
            row = dataclasses.replace(row, metric=task.metric, score=score)
        return row


def _judged(row: Row, saved_model: Row, task: task.Task | None) -> Row:
    """With the weights that it should have, and what is wrong with it."""
    size = TOLERANCES[row.artefact].weight_bytes
    row = dataclasses.replace(row, weights=saved_model.weights // 4 * size)
    problem = row.problem
    # What inference folds into others (running averages, the scales of weight
    # normalization) are a few percent; more than that has been lost.
    if not problem and row.bytes < 0.9 * row.weights:
        problem = f"{row.bytes:,} bytes, but its weights take {row.weights:,}"
    if not problem and task and task.allowed is not None:
        cost = task.cost(row.score, saved_model.score)
        if not cost <= task.allowed:
            problem = f"costs {cost:.3g} {task.metric}, allowed {task.allowed}"
    return dataclasses.replace(row, problem=problem)


def choose(rows: Sequence[Row], target: Target) -> list[Row]:
    """Returns the rows with a problem for each TFLite file that is not chosen.

    Args:
      rows: the SavedModel's first.
      target: the least time of a call with one thread, or the least bytes.

    Raises:
      UserError: none is left to choose.
    """
    field = {"latency": "milliseconds", "size": "bytes"}[target]
    good = [row for row in rows[1:] if not row.problem]
    if not good:
        _say(format_table(rows))
        raise UserError(
            "--quantize=auto: no TFLite file may be shipped; the table above"
            " says why of each. Where it is the error, --max_error allows more."
        )
    best = min(good, key=lambda row: getattr(row, field))
    word = {"latency": "faster", "size": "smaller"}[target]
    return [
        dataclasses.replace(row, problem=f"{best.artefact} is {word}")
        if row in good and row is not best
        else row
        for row in rows
    ]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _check_room(rows: Sequence[Row]) -> None:
    """Raises `OSError` if another process found the disk full.

    The artefact is not at fault then, and must not be left out.
    """
    full = os.strerror(errno.ENOSPC)
    if any(full in row.problem for row in rows):
        raise OSError(errno.ENOSPC, full)


def _check_required(rows: Sequence[Row], measures: Measures) -> None:
    """Raises `UserError` if a required artefact has a problem."""
    for row in rows:
        # Where one is chosen of many, any will do.
        required = TOLERANCES[row.artefact].required and not (
            measures.choose and row.artefact != "saved_model"
        )
        if required and row.problem:
            _say(format_table(rows))
            raise UserError(
                f"export: {row.artefact}: {row.problem}; nothing was exported."
                " The model's weights may be out of range: try an earlier"
                " checkpoint, or report it with the run's config.json."
            )

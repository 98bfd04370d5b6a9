"""One call from a model to checked files."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import os
import pathlib
import shutil
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from export import calls, tolerances
from export.check.checker import Checker
from export.check.judge import Goal, choose, judge, require
from export.check.outside import Outside
from export.check.task import Task
from export.report import Report, say
from export.versions import PARTS, new_version
from export.write import metadata, model_card
from export.write.calibration import calibration
from export.write.description import (
    DESCRIPTION,
    describe,
    describe_saved_model,
)
from export.write.elsewhere import not_on_devices
from export.write.flatbuffer import runtime_of
from export.write.tflite import Converter

if TYPE_CHECKING:
    from tfgen.model import Model
    from tfgen.projection import Search


@dataclasses.dataclass(frozen=True)
class Measures:
    """What artefacts are measured and chosen by.

    Attributes:
      training: rows of the training data that ranges of 8 bits are made of;
        inputs that are not there are the model's own examples.
      task: measured for each artefact; one that costs too much is left out.
      outside: likewise; so is one that no longer tells the data from them.
      choose: keep but the fastest or the smallest TFLite file; None keeps all.
      max_error: allowed for TFLite files, instead of each kind's own.
      card: what a model card says of the model, see `export.write.model_card`.
    """

    training: calls.Arrays = dataclasses.field(default_factory=dict)
    task: Task | None = None
    outside: Outside | None = None
    choose: Goal | None = None
    max_error: float | None = None
    card: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def export_model(
    model: Model,
    directory: str | os.PathLike,
    name: str,
    quantizations: Iterable[str] = tolerances.DEFAULT,
    measures: Measures | None = None,
    search: Search | None = None,
    web: Callable[[pathlib.Path], None] | None = None,
    background: str = "white",
) -> list[Report]:
    """Writes a model as a SavedModel and as TFLite files, and checks them all.

    directory/
      saved_model/<name>/<version>/  what TensorFlow Serving is pointed at
      tflite/<name>/<version>/       <quantization>.tflite, and the model's
                                     assets, which are in each of them, too
      checks/<name>/<version>/       examples.npz and table.json
      web/<name>/<version>/          a page, if it is asked for

    Each artefact is loaded in a fresh process and compared with the model. One
    that may be off but is not required is left out, and its report says why.
    The files are written aside and then renamed: a failed export leaves nothing
    behind, and earlier versions are never touched.

    Args:
      model: see `tfgen.model`.
      directory: the workdir's `export`.
      name: of the model.
      quantizations: of the TFLite files; names in `TOLERANCES`.
      measures: what they are measured and chosen by, besides the comparison.
      search: see `tfgen.capabilities.signatures`.
      web: writes `web` into the folder that holds the other parts, if a page is
        wanted.
      background: colour behind transparent pixels of PNG files.

    Returns:
      A report of each artefact, the SavedModel first.

    Raises:
      UserError: an unknown quantization, a folder that cannot be written, or a
        required artefact that does not match.
    """
    # It imports TensorFlow, which a check of TFLite files does without.
    from tfgen.capabilities import assets, signatures

    quantizations = tolerances.each_once(quantizations)
    measures = measures or Measures()
    files = assets(model)
    signed = signatures(model, search)
    if free := [n for n, s in signed.items() if not s.repeatable]:
        say(
            f"{', '.join(free)}: called in a fresh process, not compared;"
            " rounding may lead to another step of a search or of a column."
        )
    with new_version(pathlib.Path(directory).absolute(), name) as folder:
        reports = _write_and_check(
            model, signed, files, folder, quantizations, measures, background
        )
        require(reports, one_will_do=bool(measures.choose))
        if measures.choose and len(reports) > 1:
            reports = choose(reports, measures.choose)
        card = {**measures.card, "elsewhere": not_on_devices(signed)}
        _finish(model, files, folder, reports, card)
        if web:
            say("export: writing the page")
            web(folder)
    return reports


def _write_and_check(
    model, signatures, assets, folder, quantizations, measures, background
) -> list[Report]:
    """Writes all artefacts into a folder; returns their reports."""
    # They import TensorFlow, which a check of TFLite files does without.
    from export.write.png_signatures import with_pictures, with_png_rows
    from export.write.saved_model import write_saved_model
    from tfgen.example_inputs import example_inputs

    _, checks, tflite, saved_model = (folder / part for part in PARTS)
    work = folder / "work"
    for path in (tflite, checks, work):
        path.mkdir()
    rows_of = functools.partial(example_inputs, model)
    on_device = {
        name: [spec.name for spec in signature.inputs]
        for name, signature in signatures.items()
        if signature.on_device
    }
    if lacking := not_on_devices(signatures):
        none = "" if on_device else "no TFLite files; "
        say(f"export: {none}{lacking}")
    quantizations = quantizations if on_device else []
    examples, ranges = checks / "examples.npz", work / "calibration.npz"
    checker = Checker(
        examples,
        saved_model,
        work,
        measures.task,
        measures.outside,
        measures.max_error,
    )
    with contextlib.ExitStack() as stack:
        # It imports TensorFlow while the model is traced here.
        converter = stack.enter_context(
            Converter(saved_model, tflite, on_device, quantizations, ranges)
        )
        say(f"export: writing the SavedModel ({', '.join(signatures)})")
        write_saved_model(signatures, model.spec, saved_model, background)
        served = with_pictures(signatures, model.spec)
        calls.write(
            examples, calls.compute(served, with_png_rows(rows_of, model.spec))
        )
        if any(q.startswith("int8") for q in quantizations):
            rows = calibration(signatures, rows_of, measures.training)
            calls.write(ranges, rows)
        # It compares during the conversions, and measures time after them.
        process = stack.enter_context(checker.start(saved_model))
        if quantizations:
            say(f"export: converting to TFLite ({', '.join(quantizations)})")
        failed = converter.convert()
        say("export: checking")
        reports = [checker.finish(saved_model, process)]
    for q in quantizations:
        if q in failed:
            report = Report(q, problem=f"not converted: {failed[q]}")
        else:
            path = tflite / f"{q}.tflite"
            _pack(model, assets, path)
            report = checker.check(path)
            report = judge(report, reports[0], measures.task)
        reports.append(report)
    shutil.rmtree(work)
    return reports


def _pack(model, assets, path: pathlib.Path) -> None:
    """Puts the model's assets and a description into a TFLite file."""
    description = describe(path, model.spec, model.latents, model.other_sides)
    text = json.dumps(description, indent=1)
    files = {**assets, DESCRIPTION: text.encode()}
    metadata.pack(path, files, description)


def _finish(model, assets, folder, reports, card) -> None:
    """Removes what must not be shipped; adds table, model cards and assets."""
    _, checks, tflite, saved_model = (folder / part for part in PARTS)
    table = [dataclasses.asdict(report) for report in reports]
    (checks / "table.json").write_text(json.dumps(table, indent=2) + "\n")
    for report in reports:
        if report.problem:
            (tflite / f"{report.artefact}.tflite").unlink(missing_ok=True)
    shipped = [report.artefact for report in reports[1:] if not report.problem]
    name = card.get("model", model.name)
    description = describe_saved_model(
        saved_model, model.spec, model.other_sides
    )
    text = model_card.call_server(description, name)
    text = model_card.page(model, card, reports, description, text)
    extra = saved_model / "assets.extra"
    extra.mkdir(exist_ok=True)
    (extra / "MODEL_CARD.md").write_text(text)
    if shipped:
        file = f"{shipped[0]}.tflite"
        description = describe(
            tflite / file, model.spec, sides=model.other_sides
        )
        runtimes = [runtime_of(tflite / f"{q}.tflite") for q in shipped]
        text = model_card.call_on_device(description, file, max(runtimes))
        text = model_card.page(model, card, reports, description, text)
        (tflite / "MODEL_CARD.md").write_text(text)
        for name, content in assets.items():
            (tflite / name).write_bytes(content)

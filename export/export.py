"""One call from a model to checked files."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import pathlib
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from export import examples as examples_lib
from export.fresh_process import FreshProcess, ProcessError
from export.metadata import pack
from export.table import Row, format_table
from export.tflite import Converter
from export.tolerances import QUANTIZATIONS, TOLERANCES
from tfgen.errors import UserError
from tfgen.registry import lookup

if TYPE_CHECKING:
    import keras


def export_model(
    model: keras.Model,
    directory: str | os.PathLike,
    name: str,
    quantizations: Iterable[str] = QUANTIZATIONS,
) -> list[Row]:
    """Writes a model as a SavedModel and as TFLite files, and checks them all.

    directory/
      saved_model/<name>/<version>/  what TensorFlow Serving is pointed at
      tflite/<name>/<version>/       <quantization>.tflite, and the model's
                                     assets, which are in each of them, too
      checks/<name>/<version>/       examples.npz and table.json

    Each artefact is loaded in a fresh process and compared with the model. One
    that may be off but is not required is left out, and its row says why. The
    files are written aside and then renamed: a failed export leaves nothing
    behind, and earlier versions are never touched.

    Args:
      model: see `tfgen.models.contract`.
      directory: the workdir's `export`.
      name: of the model.
      quantizations: of the TFLite files; names in `TOLERANCES`.

    Returns:
      A row for each artefact, the SavedModel first.

    Raises:
      UserError: an unknown quantization, a folder that cannot be written, or a
        required artefact that does not match.
    """
    quantizations = [
        lookup("--quantize", q, QUANTIZATIONS) for q in quantizations
    ]
    directory = pathlib.Path(directory).absolute()
    partial = directory / f".partial-{name}"
    try:
        with _removed_on_error(directory, partial):
            rows = _write(model, partial, quantizations)
            _publish(partial, directory, name)
    except OSError as error:
        reason = error.strerror or error
        raise UserError(
            f"{directory}: cannot write the export there ({reason});"
            " make room on the disk or choose another folder."
        ) from error
    return rows


@contextlib.contextmanager
def _removed_on_error(directory: pathlib.Path, partial: pathlib.Path):
    existed = directory.exists()
    shutil.rmtree(partial, ignore_errors=True)  # of a killed export
    partial.mkdir(parents=True)
    try:
        yield
    except BaseException:
        shutil.rmtree(partial if existed else directory, ignore_errors=True)
        raise


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _write(
    model: keras.Model, folder: pathlib.Path, quantizations: Sequence[str]
) -> list[Row]:
    """Writes everything into `folder` and checks it."""
    # Imported here for `python -m export.check`, which needs no TensorFlow for
    # TFLite files.
    from export.saved_model import write_saved_model

    saved_model, tflite, checks = (
        folder / part for part in ("saved_model", "tflite", "checks")
    )
    tflite.mkdir()
    checks.mkdir()
    examples = checks / "examples.npz"
    signatures = model.signatures()
    on_device = [n for n, s in signatures.items() if s.on_device]
    quantizations = quantizations if on_device else []
    with contextlib.ExitStack() as stack:
        # This process imports TensorFlow while the model is traced.
        converter = stack.enter_context(
            Converter(saved_model, tflite, on_device, quantizations)
        )
        _say(f"export: writing the SavedModel ({', '.join(signatures)})")
        write_saved_model(model, saved_model)
        examples_lib.write(examples, examples_lib.compute(model))
        # This one compares during the conversions, and measures time after.
        checker = stack.enter_context(_checker(examples, saved_model))
        if quantizations:
            _say(f"export: converting to TFLite ({', '.join(quantizations)})")
        failed = converter.convert()
        _say("export: checking")
        rows = [_row("saved_model", checker)]
    assets = model.assets() if hasattr(model, "assets") else {}
    for quantization in quantizations:
        if quantization in failed:
            problem = f"not converted: {failed[quantization]}"
            rows.append(Row(quantization, problem=problem))
            continue
        path = tflite / f"{quantization}.tflite"
        pack(path, assets)
        with _checker(examples, path) as checker:
            rows.append(_row(quantization, checker))
    for file, content in assets.items() if quantizations else ():
        (tflite / file).write_bytes(content)
    _drop_or_fail(rows, tflite)
    table = [dataclasses.asdict(row) for row in rows]
    (checks / "table.json").write_text(json.dumps(table, indent=2) + "\n")
    return rows


def _checker(examples: pathlib.Path, artefact: pathlib.Path) -> FreshProcess:
    return FreshProcess("export.check", "--json", examples, artefact)


def _row(artefact: str, checker: FreshProcess) -> Row:
    try:
        checker.wait()
    except ProcessError as error:
        return Row(artefact, problem=f"not checked: {error}")
    (row,) = json.loads(checker.printed()[-1])
    return Row(**row)


def _drop_or_fail(rows: Sequence[Row], tflite: pathlib.Path) -> None:
    """Removes what must not be shipped."""
    for row in rows:
        if row.problem and TOLERANCES[row.artefact].required:
            _say(format_table(rows))
            raise UserError(
                f"export: {row.artefact}: {row.problem}; nothing was exported."
                " The model's weights may be out of range: try an earlier"
                " checkpoint, or report it with the run's config.json."
            )
        if row.problem:
            (tflite / f"{row.artefact}.tflite").unlink(missing_ok=True)


def _publish(partial: pathlib.Path, directory: pathlib.Path, name: str) -> None:
    """Renames the parts into place; last the one that servers poll."""
    from export.saved_model import next_version

    parts = [p for p in ("checks", "tflite") if any((partial / p).iterdir())]
    parts.append("saved_model")
    version = next_version(*(directory / part / name for part in parts))
    done = []
    try:
        for part in parts:
            final = directory / part / name / str(version)
            final.parent.mkdir(parents=True, exist_ok=True)
            (partial / part).rename(final)
            done.append(final)
    except BaseException:
        for final in done:
            shutil.rmtree(final, ignore_errors=True)
        raise
    shutil.rmtree(partial, ignore_errors=True)

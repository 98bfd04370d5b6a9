"""One call from a model to checked files."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
from collections.abc import Iterable
from typing import TYPE_CHECKING

from export import artefacts
from export.artefacts import Measures
from export.table import Row
from export.tolerances import DEFAULT, QUANTIZATIONS
from tfgen.errors import UserError
from tfgen.registry import lookup

if TYPE_CHECKING:
    import keras


def export_model(
    model: keras.Model,
    directory: str | os.PathLike,
    name: str,
    quantizations: Iterable[str] = DEFAULT,
    measures: Measures | None = None,
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
      model: see `tfgen.model`.
      directory: the workdir's `export`.
      name: of the model.
      quantizations: of the TFLite files; names in `TOLERANCES`.
      measures: what they are measured and chosen by, besides the comparison.

    Returns:
      A row for each artefact, the SavedModel first.

    Raises:
      UserError: an unknown quantization, a folder that cannot be written, or a
        required artefact that does not match.
    """
    from tfgen.files import partial_of

    # Each once, however often it was named.
    quantizations = [
        lookup("--quantize", q, QUANTIZATIONS)
        for q in dict.fromkeys(quantizations)
    ]
    directory = pathlib.Path(directory).absolute()
    partial = partial_of(directory / name)
    try:
        with _removed_on_error(directory, partial):
            rows = artefacts.write(
                model, partial, quantizations, measures or Measures()
            )
            _publish(partial, directory, name)
    except OSError as error:
        reason = error.strerror or error
        raise UserError(
            f"{directory}: cannot write {error.filename or 'there'} ({reason});"
            " mend that, or choose another folder."
        ) from error
    return rows


@contextlib.contextmanager
def _removed_on_error(directory: pathlib.Path, partial: pathlib.Path):
    existed = directory.exists()
    partial.mkdir(parents=True)
    try:
        yield
    except BaseException:
        shutil.rmtree(partial if existed else directory, ignore_errors=True)
        raise


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
            done.append(final)  # before: a signal may come between the two
            (partial / part).rename(final)
    except BaseException:
        for final in done:
            shutil.rmtree(final, ignore_errors=True)
        raise
    shutil.rmtree(partial, ignore_errors=True)

"""Exports the presets of all models, and writes down what came of it."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence

from export.export import export_model
from export.table import Row
from export.tolerances import QUANTIZATIONS
from tfgen import registry
from tfgen.errors import UserError

# Of small models, whose data are on every machine.
SMALL = ("digits", "toy", "grammar", "tiny")

_HEAD = """# What each model exports to

Written by `python -m apps.export --all`, with weights as they are at the start
of a training. `/weights` is the size of a file by that of the weights that its
signatures read, counted as 4 bytes each in `float32`, 2 in `float16` and 1 in
the others. The error is the largest `|a - b| / max(1, |b|)` of any output
against the Keras model. Where an artefact is not shipped, the note says why, or
names the operator that prevents it; what 8 bits cost on data is measured when a
trained model is exported.

| model | preset | artefact | bytes | /weights | error | note |
|---|---|---|---:|---:|---:|---|
"""


def export_zoo(
    page: str | os.PathLike,
    all_presets: bool = False,
    say: Callable[[str], object] = print,
) -> None:
    """Writes `page`, a table of every artefact of every model.

    Args:
      page: Markdown; written anew after each preset.
      all_presets: not only those in `SMALL`; needs their data.
      say: takes lines of progress.
    """
    from tfgen.train.files import write_text

    todo = [
        (name, preset)
        for name, entry in registry.MODELS.items()
        for preset in entry.presets
        if all_presets or preset in SMALL
    ]
    lines: list[str] = []
    for i, (name, preset) in enumerate(todo):
        began = time.monotonic()
        rows = _export(name, preset)
        seconds = time.monotonic() - began
        say(f"[{i + 1}/{len(todo)}] {name} {preset}: {seconds:.0f} s")
        lines += _lines(name, preset, rows)
        write_text(page, _HEAD + "\n".join(lines) + "\n")


def _export(name: str, preset: str) -> list[Row]:
    # `python -m export.check` imports this package, but needs no TensorFlow.
    import keras

    from tfgen.data import loaded

    entry = registry.get(name)
    settings = entry.load().PRESETS[preset]
    keras.utils.set_random_seed(settings.train.seed)
    try:
        data = loaded.load(settings.data, settings.train.seed)
        model = entry.build(settings.network, data.spec)
        with tempfile.TemporaryDirectory() as folder:
            return export_model(model, folder, name, QUANTIZATIONS)
    except UserError as error:
        return [Row("all", problem=str(error))]
    finally:
        keras.backend.clear_session()


def _lines(name: str, preset: str, rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        known = row.bytes and row.weights
        ratio = f"{row.bytes / row.weights:.2f}" if known else "-"
        error = f"{row.errors[row.worst]:.1e}" if row.errors else "-"
        size = f"{row.bytes:,}" if row.bytes else "-"
        note = row.problem.replace("|", "\\|")
        cells = (name, preset, row.artefact, size, ratio, error, note)
        yield f"| {' | '.join(cells)} |"

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

# Standard deviation, for fresh flows are the identity. With 0.1 the eight
# couplings of `real_nvp toy` multiply rounding so often that float32 itself is
# off by 5e-3.
_NOISE = 0.05

_HEAD = f"""# What each model exports to

Written by `python -m apps.export --all`, for the presets whose data are on
every machine. No model is trained: its weights are those at the start of a
training with normal noise of {_NOISE} added to each, so that nothing is zero or
the identity. `/weights` is the size of a file by that of the weights that its
signatures read, counted as 4 bytes each in `float32`, 2 in `float16` and 1 in
the others. The error is the largest `|a - b| / max(1, |b|)` of any output
against the Keras model. `time` is that of a call with one row on one thread, by
the SavedModel's. Where an artefact is not shipped, the note says why, or names
the operator that prevents it; what 8 bits cost on data is measured when a
trained model is exported.

| model | preset | artefact | bytes | /weights | error | time | note |
|---|---|---|---:|---:|---:|---:|---|
"""

_SKIPPED = """
## Not tried

These presets' data must be fetched first; `--all_presets` tries them, too.

| model | preset | data |
|---|---|---|
"""


def export_zoo(
    page: str | os.PathLike,
    all_presets: bool = False,
    say: Callable[[str], object] = print,
) -> None:
    """Writes `page`, a table of every artefact of every model.

    What goes wrong with a preset is a row of the table.

    Args:
      page: Markdown; written anew after each preset.
      all_presets: not only those whose data are on every machine.
      say: takes lines of progress.
    """
    from tfgen.files import write_text

    data = {
        (name, preset): settings.data
        for name, entry in registry.MODELS.items()
        for preset, settings in entry.load().PRESETS.items()
    }
    todo = [key for key in data if all_presets or data[key].built_in]
    skipped = [
        f"| {name} | {preset} | `{data[name, preset].name}` |\n"
        for name, preset in data
        if (name, preset) not in todo
    ]
    foot = "".join([_SKIPPED, *skipped] if skipped else [])
    lines: list[str] = []
    for i, (name, preset) in enumerate(todo):
        began = time.monotonic()
        rows = _export(name, preset)
        seconds = time.monotonic() - began
        say(f"[{i + 1}/{len(todo)}] {name} {preset}: {seconds:.0f} s")
        lines += _lines(name, preset, rows)
        write_text(page, _HEAD + "\n".join(lines) + "\n" + foot)


def _export(name: str, preset: str) -> list[Row]:
    # `python -m export.check` imports this package, but needs no TensorFlow.
    import keras

    from tfgen.nn import randomize

    entry = registry.get(name)
    settings = entry.load().PRESETS[preset]
    seed = settings.train.seed
    keras.utils.set_random_seed(seed)
    try:
        data = settings.data.load(seed)
        model = entry.build(settings.network, data.spec)
        randomize(model.variables, _NOISE, seed)
        with tempfile.TemporaryDirectory() as folder:
            return export_model(model, folder, name, QUANTIZATIONS)
    except UserError as error:
        return [Row("all", problem=str(error))]
    except Exception as error:  # of whatever kind: the others' rows count
        text = (str(error).strip().splitlines() or [""])[0]
        return [Row("all", problem=f"{type(error).__name__}: {text}")]
    finally:
        keras.backend.clear_session()


def _lines(name: str, preset: str, rows: Sequence[Row]) -> Iterator[str]:
    saved_model = rows[0].milliseconds if rows else None
    for row in rows:
        known = row.bytes and row.weights
        timed = row.milliseconds and saved_model
        cells = (
            name,
            preset,
            row.artefact,
            f"{row.bytes:,}" if row.bytes else "-",
            f"{row.bytes / row.weights:.2f}" if known else "-",
            f"{row.errors[row.worst]:.1e}" if row.errors else "-",
            f"{row.milliseconds / saved_model:.2f}" if timed else "-",
            row.problem.replace("|", "\\|"),
        )
        yield f"| {' | '.join(cells)} |"

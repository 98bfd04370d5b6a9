"""Exports the presets of all models, and writes down what came of it."""

import os
import tempfile
import time
from collections.abc import Callable

from export.export import export_model
from export.report import Report, cell
from export.tolerances import QUANTIZATIONS
from tfgen import registry
from tfgen.errors import UserError

# Standard deviation, for fresh flows are the identity. With 0.1 the eight
# couplings of `real_nvp toy` multiply rounding so often that float32 itself is
# off by 5e-3.
_NOISE = 0.05

_PAGE = f"""# What each model exports to

Written by `python -m apps.export --all`. No model is trained: its weights are
those at the start of a training with normal noise of {_NOISE} added to each, so
that nothing is zero or the identity. `/weights` is the size of a file by that
of the weights that its signatures read, counted as 4 bytes each in `float32`, 2
in `float16` and 1 in the others. The error is the largest
`|a - b| / max(1, |b|)` of any output against the Keras model. `time` is that of
a call with one row on one thread, by the SavedModel's. Where an artefact is not
shipped, the note says why, or names the operator that prevents it; what 8 bits
cost on data is measured when a trained model is exported.

| model | preset | artefact | bytes | /weights | error | time | note |
|---|---|---|---:|---:|---:|---:|---|
"""
_NOT_HERE = "data `{}` must be fetched; --all_presets tries it"


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

    text = _PAGE
    presets = [
        (name, preset, settings.data)
        for name, entry in registry.MODELS.items()
        for preset, settings in entry.load().PRESETS.items()
    ]
    for i, (name, preset, data) in enumerate(presets):
        began = time.monotonic()
        if all_presets or data.built_in:
            reports = _export(name, preset)
        else:
            reports = [Report("none", problem=_NOT_HERE.format(data.name))]
        for report in reports:
            text += _line(name, preset, report, reports[0])
        write_text(page, text)
        seconds = time.monotonic() - began
        say(f"[{i + 1}/{len(presets)}] {name} {preset}: {seconds:.0f} s")


def _export(name: str, preset: str) -> list[Report]:
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
        return [Report("all", problem=str(error))]
    except Exception as error:  # of whatever kind: the others' rows count
        text = (str(error).strip().splitlines() or [""])[0]
        return [Report("all", problem=f"{type(error).__name__}: {text}")]
    finally:
        keras.backend.clear_session()


def _line(name: str, preset: str, report: Report, saved_model: Report) -> str:
    cells = (
        name,
        preset,
        report.artefact,
        cell(report.bytes or None, ","),
        cell(report.size_ratio, ".2f"),
        cell(report.error, ".1e"),
        cell(report.time_ratio(saved_model), ".2f"),
        report.problem.replace("|", "\\|"),
    )
    return f"| {' | '.join(cells)} |\n"

"""Exports the presets of all models, and writes down what came of it."""

import os
import tempfile
import time
from collections.abc import Callable

from export.export import export_model
from export.report import format_table
from export.tolerances import QUANTIZATIONS
from tfgen import registry
from tfgen.errors import UserError

# Standard deviation, for fresh flows are the identity. With 0.1 the eight
# couplings of `real_nvp toy` multiply rounding so often that float32 itself is
# off by 5e-3.
_NOISE = 0.05

_HEAD = f"""# What each model exports to

No model is trained: normal noise of {_NOISE} is added to the weights at the
start, so that none is zero. `/weights` is the size of a file by that of the
weights that it needs. The error is the largest `|a - b| / max(1, |b|, m / 100)`
against the Keras model, where m is the largest |b| of the row. `of SM` is the
time of a call with one row on one thread, by the SavedModel's. What 8 bits cost
on data is measured on a trained model.
"""


def export_zoo(
    page: str | os.PathLike,
    all_presets: bool = False,
    say: Callable[[str], object] = print,
) -> None:
    """Writes `page`, a table of artefacts for every preset of every model.

    What goes wrong with a preset is said below its title.

    Args:
      page: Markdown; written anew after each preset.
      all_presets: not only those whose data are on every machine.
      say: takes lines of progress.
    """
    from tfgen.files import write_text

    presets = [
        (name, preset, settings.data)
        for name, entry in registry.MODELS.items()
        for preset, settings in entry.module().PRESETS.items()
    ]
    text = _HEAD
    for i, (name, preset, data) in enumerate(presets):
        began = time.monotonic()
        if all_presets or data.built_in:
            found = _export(name, preset)
        else:
            found = f"`{data.name}` must be fetched; all_presets=True tries it."
        text += f"\n## {name}, {preset}\n\n{found}\n"
        write_text(page, text)
        seconds = time.monotonic() - began
        say(f"[{i + 1}/{len(presets)}] {name} {preset}: {seconds:.0f} s")


def _export(name: str, preset: str) -> str:
    """Returns the table of a preset, or what went wrong."""
    # `python -m export.check` imports this package, but needs no TensorFlow.
    import keras

    from tfgen.nn import randomize

    entry = registry.get(name)
    settings = entry.module().PRESETS[preset]
    seed = settings.train.seed
    keras.utils.set_random_seed(seed)
    try:
        data = settings.data.load(seed)
        model = entry.build(settings.network, data.spec)
        randomize(model.variables, _NOISE, seed)
        with tempfile.TemporaryDirectory() as folder:
            reports = export_model(model, folder, name, QUANTIZATIONS)
        return f"```\n{format_table(reports)}\n```"
    except UserError as error:
        return str(error)
    except Exception as error:  # of whatever kind: the others count
        return f"{type(error).__name__}: {error}".partition("\n")[0]
    finally:
        keras.backend.clear_session()

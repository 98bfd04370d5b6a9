"""The commands that make a run again, and that use it."""

from __future__ import annotations

import dataclasses
import os
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tfgen import registry, saved_config
from tfgen.errors import UserError
from tfgen.files import read_or_warn

if TYPE_CHECKING:
    from tfgen.config import Preset
    from tfgen.tables.overview import RunSummary

_PAIRS = "classifiers"  # the family that apps.snli trains
# They have flags, or follow from others.
_TOLD = ("data.name", "train.steps", "train.seed", "train.schedule_steps")


def changes(row: RunSummary) -> list[str]:
    """Returns settings that are not the preset's, as `name=value`.

    Steps, seed and the name of the data are left out: flags say them.

    Args:
      row: a run.

    Raises:
      UserError: its settings are damaged or of another version.
    """
    from tfgen.choice import changed  # models import TensorFlow

    config, preset = saved_config.read(row.folder), preset_of(row)
    found = []
    for part in ("network", "data", "train"):
        pair = getattr(config, part), getattr(preset, part)
        found += changed(*pair, f"{part}.")
    return [c for c in found if c.partition("=")[0] not in _TOLD]


def preset_of(row: RunSummary) -> Preset:
    """Returns a run's settings without those that its user set.

    Args:
      row: a run, with a preset of its model, or what `tfgen.choice` chose.

    Raises:
      UserError: see `changes`.
    """
    config = saved_config.read(row.folder)
    module = registry.get(config.model).module()
    if preset := module.PRESETS.get(config.preset):
        return preset
    count = read_or_warn(
        row.folder / "data.json", lambda v: v["splits"]["train"]["examples"]
    )
    first = next(iter(module.PRESETS.values()))
    data = dataclasses.replace(first.data, name=config.data.name)
    if count and hasattr(module, "auto"):
        return module.auto(config.spec, count, data)
    return dataclasses.replace(first, network=module.Config(), data=data)


def commands(row: RunSummary) -> Iterator[str]:
    """Yields commands that train such a run, and that use it.

    Args:
      row: a run; where its settings are damaged, a line says so.
    """
    s, folder = row.settings, shlex.quote(os.fspath(row.folder))
    known = registry.MODELS.get(s.get("model", ""))
    pairs = known is not None and known.family == _PAIRS
    words = [f"python -m apps.{'snli' if pairs else 'train'}"]
    flags = {"model": "model", "preset": "preset", "data.name": "data"}
    for setting, flag in flags.items():
        if setting in s:
            words.append(f"--{flag}={shlex.quote(str(s[setting]))}")
    try:
        words += [f"--set={shlex.quote(change)}" for change in changes(row)]
        note = ""
    except UserError as error:
        note = f"# Its other settings are not known: {error}"
    if "train.steps" in s:
        words.append(f"--steps={s['train.steps']}")
    if s.get("train.seed"):
        words.append(f"--seed={s['train.seed']}")
    yield " ".join([*words, f"--workdir={folder}"])
    if note:
        yield note
    if pairs:
        yield f"python -m apps.snli --mode=evaluate --workdir={folder}"
    else:
        yield f"python -m apps.evaluate --workdir={folder}"
        if known is None or known.family != "translation":
            yield f"python -m apps.sample --workdir={folder}"
        else:
            yield (
                f"python -m apps.translate --workdir={folder} --input=FOLDER"
                " --output=translated"
            )
    yield f"python -m apps.export --workdir={folder} --format=web"

"""Which settings a run begins with: a preset's, or a model's for other data."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from tfgen import registry
from tfgen.config import AUTO, Preset, apply_overrides, flatten, with_data
from tfgen.data.settings import DataConfig, refuse_unread
from tfgen.errors import one_of

if TYPE_CHECKING:
    from tfgen.data.loaded import Data
    from tfgen.data.source import Source
    from tfgen.nli.settings import NliDataConfig


class Choice(NamedTuple):
    """Settings, and the data that they are for.

    Attributes:
      preset: its name; `AUTO` are the model's for other data.
      settings: with the user's.
      data: loaded.
      why: in one line; "" where the user named the preset.
    """

    preset: str
    settings: Preset
    data: Data
    why: str


def choose(
    model: str,
    preset: str | None,
    name: str | None,
    overrides: Iterable[str],
    source: Source | None = None,
) -> Choice:
    """Returns the settings of a run.

    Without a preset they are those of the preset for this data; else, the
    model's for data of their shape and number. A setting that only some
    presets' data have, such as `labels`, leaves those alone to choose from.

    Args:
      model: name in the registry.
      preset: name in the model's `PRESETS`, or `AUTO`.
      name: of the data; None are the preset's.
      overrides: `name=value` strings.
      source: of arrays, instead of what `name` says.

    Raises:
      UserError: an unknown name, or a bad setting or file.
    """
    entry, overrides = registry.get(model), list(overrides)
    if preset:
        one_of("preset", preset, (*entry.presets, AUTO))
    module = entry.module()
    presets, auto = module.PRESETS, getattr(module, "auto", None)
    if preset == AUTO and not auto:  # a plug-in's
        one_of("preset", preset, presets)
    if preset not in presets:
        names = [o.partition("=")[0].strip() for o in overrides]
        presets = with_data(presets, [n.removeprefix("data.") for n in names])
    first, why = next(iter(presets)), ""
    if not preset:
        preset = preset_for(name, presets) or (AUTO if auto else first)
        if preset in presets:
            known = presets[preset].data.name
            why = f"settings: preset {preset}, which is for {known}"
            if not preset_for(name, presets):
                why += f"; the model has none for {name}"
    settings = presets.get(preset, presets[first])
    if name:
        # A threshold is one of the preset's gray levels, a size its data's.
        other = preset not in presets and isinstance(settings.data, DataConfig)
        own = {"binarize": 0, "image_size": DataConfig.image_size}
        of = settings.data
        of = dataclasses.replace(of, name=name, **(own if other else {}))
        settings = dataclasses.replace(settings, data=of)
    if preset in presets:
        before, settings = settings, _with(settings, overrides)
        refuse_unread(settings.data, before.data)
        data = settings.data.load(settings.train.seed, source=source)
        return Choice(preset, settings, data, why)
    # The user's settings of the data say what there is to choose for.
    default = Preset(module.Config(), settings.data)
    asked = apply_overrides(default, overrides)
    refuse_unread(asked.data, default.data)
    data = asked.data.load(asked.train.seed, source=source)
    settings = auto(data.spec, data.size("train"), asked.data)
    why = _why(settings, default, asked.data, data, presets)
    return Choice(AUTO, _with(settings, overrides), data, why)


def _with(settings: Preset, overrides: list[str]) -> Preset:
    """Returns settings with the user's values, else the data's."""
    asked = apply_overrides(settings, overrides)
    return apply_overrides(settings, [*asked.data.implied, *overrides])


def preset_for(name: str | None, presets: Mapping[str, Preset]) -> str:
    """Returns the first preset for this data; of toys, that of any; or "".

    Args:
      name: of the data; None is that of the first preset.
      presets: of a model.
    """

    def fits(preset):
        other = dataclasses.replace(preset.data, name=name)
        both = preset.data.drawn and other.drawn
        return both or _plain(preset.data.name) == _plain(name)

    if name is None:
        return next(iter(presets))
    return next((n for n, preset in presets.items() if fits(preset)), "")


def _plain(name: str) -> str:
    return name.removeprefix("tfds:")


def _why(
    settings: Preset,
    default: Preset,
    asked: DataConfig | NliDataConfig,
    data: Data,
    presets: Mapping[str, Preset],
) -> str:
    """What was chosen for which data, and which preset is near."""
    spec, of = data.spec, settings.data
    facts = [f"{data.size('train'):,} training examples"]
    if spec.shape:
        levels = f"{spec.levels} gray levels" if spec.levels else "real numbers"
        facts += [f"shape {'x'.join(map(str, spec.shape))}", levels]
        if spec.columns:
            facts[1:] = [f"{spec.size} columns"]
    else:
        vectors = of.glove or "trained, without data.glove"
        words = len(spec.vocabulary)
        facts += [f"{words:,} words", f"word vectors {vectors}"]
    told = changed(settings.network, default.network, "network.")
    told = told or ["the model's defaults,"]
    told += changed(settings.train, default.train, "train.")
    # Those of the data that say something, and are not the user's.
    read = tuple(f"data.{name}=" for name in of.read if name != "name")
    users = changed(asked, default.data, "data.")
    told += [
        setting
        for setting in changed(of, type(of)(), "data.")
        if setting.startswith(read) and setting not in users
    ]
    line = (
        f"settings: auto, for {of.name} ({', '.join(facts)}): {' '.join(told)}"
    )
    # lsun/tower is near lsun/bedroom, snli:PATH near tfds:snli.
    near = [
        f"preset={name} is for {preset.data.name}"
        for name, preset in presets.items()
        if _family(preset.data.name) == _family(of.name)
    ]
    return f"{line}; {near[0]}" if near else line


def _family(name: str) -> str:
    return re.split("[/:]", _plain(name))[0]


def changed(chosen: Any, default: Any, prefix: str) -> list[str]:
    """Returns settings that are not the default's, as they are typed.

    Args:
      chosen: settings.
      default: of the same type.
      prefix: of the names.
    """
    before = flatten(default, prefix)
    return [
        f"{name}={','.join(map(str, v)) if isinstance(v, tuple) else v}"
        for name, v in flatten(chosen, prefix).items()
        if v != before[name]
    ]

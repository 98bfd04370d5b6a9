"""`config.json` and `data.json` of a workdir; what a run may go on with."""

import dataclasses
import json
import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from absl import logging

from tfgen import registry
from tfgen.config import (
    AUTO,
    Change,
    RunConfig,
    SettingError,
    convert,
    flatten,
    from_dict,
    to_json,
    with_data,
)
from tfgen.data.loaded import Data
from tfgen.data.source import SPLITS
from tfgen.errors import UserError, one_of
from tfgen.files import read_json, read_or_warn, write_text

# A run may go on with other values of these: they do not change what has been
# computed so far.
_FREE = frozenset(
    [
        "train.steps",
        "train.log_every",
        "train.evaluate_every",
        "train.checkpoint_every",
        "train.keep_checkpoints",
        "train.patience",
        "data.data_dir",
        "data.download",
        "data.skip_bad_records",
        "data.data_service",
        "history",
    ]
)
# Likewise, what ends in one of these; `with_history` remembers it.
_RATES = (".learning_rate", ".final_learning_rate")

TUNED = "tune.json"  # what was measured before a training
_TUNED = ("jit_compile", "mixed_precision")  # and chosen by it


# Settings of older versions: the value with which they did nothing, and what to
# do about another one.
_REMOVED = {
    "rectified": (
        False,
        "write discriminator_norm=true, leak=0 and initial_stddev=0.02 in its"
        " place",
    ),
    "stop_after": (
        0,
        "a player's stage belongs to its model; use the version that wrote it",
    ),
    "gaussian_encoder": (False, "such a BiGAN is model ali now; train one"),
}


def read(workdir: str | os.PathLike) -> RunConfig:
    """Reads `config.json`.

    Raises:
      UserError: it is missing, damaged or of another version.
    """
    path = pathlib.Path(workdir) / "config.json"
    try:
        values = read_json(path)
    except OSError:
        raise UserError(
            f"workdir={workdir}: there is no {path.name}; name the folder of"
            " a run."
        ) from None
    try:
        return _typed(values)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def _typed(values: Any) -> RunConfig:
    """The settings of a run, of JSON values."""
    if not isinstance(values, dict):
        raise SettingError("expected an object, {…}.")
    name = convert(values.get("model"), str, "model")
    one_of("model", name, registry.MODELS)
    module = registry.get(name).module()
    presets = module.PRESETS
    of_data = values.get("data")
    names = of_data if isinstance(of_data, dict) else ()
    first = next(iter(with_data(presets, names).values()))
    preset = presets.get(str(values.get("preset")), first)
    if isinstance(network := values.get("network"), dict):
        known = flatten(module.Config(), "network.")
        values = {**values, "network": _of_today(network, known, "network.")}
    config = from_dict(
        RunConfig, values, network=module.Config, data=type(preset.data)
    )
    one_of("preset", config.preset, [*presets, AUTO])
    # Older versions wrote no length of schedules: that of the training.
    return with_schedule(config, config.train.steps)


def _of_today(
    values: Mapping[str, Any], known: Mapping[str, Any], owner: str
) -> dict[str, Any]:
    """Returns settings without older versions' settings that had no effect.

    Args:
      values: the parsed JSON.
      known: names of settings that there are, with their owners.
      owner: what names begin with.

    Raises:
      SettingError: an unknown setting had an effect.
    """
    kept = {}
    for name, value in values.items():
        path = owner + name
        if isinstance(value, dict):
            kept[name] = _of_today(value, known, f"{path}.")
        elif path in known or name not in _REMOVED:
            kept[name] = value
        elif value != _REMOVED[name][0]:
            raise SettingError(
                f"{path}={json.dumps(value)}: this version of tfgen has no such"
                f" setting; {_REMOVED[name][1]}."
            )
    return kept


def with_schedule(config: RunConfig, steps: int) -> RunConfig:
    """Returns the settings with a length of schedules, if they have none."""
    length = config.train.schedule_steps or steps
    train = dataclasses.replace(config.train, schedule_steps=length)
    return dataclasses.replace(config, train=train)


def with_history(held: RunConfig, new: RunConfig, step: int) -> RunConfig:
    """Returns the settings with the changes of learning rates so far.

    Args:
      held: settings of the workdir.
      new: those that the run goes on with.
      step: that it goes on from.
    """
    before = flatten(held)
    changes = tuple(
        Change(step, name, before[name], value)
        for name, value in flatten(new).items()
        if name.endswith(_RATES) and value != before[name]
    )
    return dataclasses.replace(new, history=held.history + changes)


def say_changes(changes: Sequence[Change]) -> None:
    """Says what a run goes on with instead of what it had."""
    for change in changes:
        logging.warning(
            "%s=%g: it was %g until step %d.",
            change.setting,
            change.after,
            change.before,
            change.step,
        )


def write(workdir: str | os.PathLike, config: RunConfig) -> None:
    """Writes `config.json`, whole or not at all.

    Raises:
      UserError: the folder cannot be written.
    """
    write_text(pathlib.Path(workdir) / "config.json", to_json(config))


def write_tuned(
    workdir: str | os.PathLike, trials: Sequence[Any], best: Any
) -> None:
    """Writes what was tried, and what was chosen.

    Args:
      workdir: of the run.
      trials: dataclasses, see `tfgen.train.tune`.
      best: one of them.

    Raises:
      UserError: the folder cannot be written.
    """
    found = {
        "chosen": str(best),
        "settings": {name: getattr(best, name) for name in _TUNED},
        "trials": [dataclasses.asdict(trial) for trial in trials],
    }
    text = json.dumps(found, indent=2) + "\n"
    write_text(pathlib.Path(workdir) / TUNED, text)


def tuned(workdir: str | os.PathLike | None) -> list[str]:
    """Returns the settings that were chosen in a workdir, as `name=value`.

    Args:
      workdir: None is one that is not known yet.
    """
    if not workdir:
        return []
    path = pathlib.Path(workdir) / TUNED
    held = read_or_warn(path, lambda found: found["settings"])
    return [f"train.{name}={held[name]}" for name in _TUNED] if held else []


def shown(config: RunConfig) -> dict[str, Any]:
    """Returns the settings by name, but for those too long to read."""
    return {n: v for n, v in flatten(config).items() if n != "spec.words"}


def check_same(
    old: RunConfig, new: RunConfig, workdir: str | os.PathLike
) -> None:
    """Raises `UserError` unless a run of `old` may go on as `new`."""
    before = dataclasses.asdict(old) if old.model != new.model else flatten(old)
    after = dataclasses.asdict(new) if old.model != new.model else flatten(new)
    for name, value in after.items():
        # Older versions kept no names of images' classes, and no other fields.
        new = name in ("spec.labels", "spec.fields")
        if new and not before.get(name):
            continue
        free = name in _FREE or name.endswith(_RATES)
        if not free and before.get(name) != value:
            # A vocabulary is no value that an error can print.
            was, now = (f"{v!s:.60}" for v in (before.get(name), value))
            raise UserError(
                f"workdir={workdir}: holds a run with {name}={was}, not"
                f" {now}; use another workdir, or the settings of its"
                " config.json."
            )


def identify(
    workdir: str | os.PathLike,
    data: Data,
    config: RunConfig,
    splits: Sequence[str] = SPLITS,
    *,
    keep: bool = False,
) -> None:
    """Says if the data are others than those of `data.json`.

    Args:
      workdir: of the run.
      data: of the run now.
      config: of the run.
      splits: that are compared; each is read.
      keep: write what the data are; the run trains on them.
    """
    path = pathlib.Path(workdir) / "data.json"
    spec = config.spec
    found = {
        "name": config.data.name,
        "classes": list(spec.labels) or spec.num_classes,
        "splits": {
            split: {"examples": data.size(split), "digest": data.digest(split)}
            for split in splits
        },
    }

    def differences(held):
        for split, now in found["splits"].items():
            was = held["splits"][split]
            if was["examples"] != now["examples"]:
                yield (
                    f"{split} has {now['examples']} examples, not"
                    f" {was['examples']}"
                )
            elif was["digest"] != now["digest"]:
                yield f"{split} has other examples"

    other = read_or_warn(path, lambda held: list(differences(held)))
    if other:
        held_out = any(not text.startswith("train ") for text in other)
        logging.warning(
            "%s: other data than the run began with: %s%s.",
            workdir,
            "; ".join(other),
            "; some of them may have been trained on" if held_out else "",
        )
    if keep and (other or other is None):
        write_text(path, json.dumps(found, indent=2) + "\n")


def data_name(name: str) -> str:
    """Returns the name of data as others may see it: no folders of a path."""
    kind, colon, path = name.partition(":")
    return (
        name if kind == "tfds" else kind + colon + pathlib.PurePath(path).name
    )

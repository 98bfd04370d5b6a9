"""`config.json` of a workdir, and which settings a run may go on with."""

import dataclasses
import os
import pathlib
from typing import Any

from tfgen import registry
from tfgen.config import (
    RunConfig,
    SettingError,
    convert,
    flatten,
    from_dict,
    to_json,
)
from tfgen.errors import UserError
from tfgen.files import read_json, write_text

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
    ]
)


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
            f"--workdir={workdir}: there is no {path.name}; name the folder of"
            " a run of python -m apps.train."
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
    registry.lookup("model", name, registry.MODELS)
    module = registry.get(name).load()
    data = next(iter(module.PRESETS.values())).data
    config = from_dict(
        RunConfig, values, network=module.Config, data=type(data)
    )
    registry.lookup("preset", config.preset, module.PRESETS)
    # Older versions wrote no length of schedules: that of the training.
    return with_schedule(config, config.train.steps)


def with_schedule(config: RunConfig, steps: int) -> RunConfig:
    """Returns the settings with a length of schedules, if they have none."""
    length = config.train.schedule_steps or steps
    train = dataclasses.replace(config.train, schedule_steps=length)
    return dataclasses.replace(config, train=train)


def write(workdir: str | os.PathLike, config: RunConfig) -> None:
    """Writes `config.json`, whole or not at all.

    Raises:
      UserError: the folder cannot be written.
    """
    write_text(pathlib.Path(workdir) / "config.json", to_json(config))


def check_same(
    old: RunConfig, new: RunConfig, workdir: str | os.PathLike
) -> None:
    """Raises `UserError` unless a run of `old` may go on as `new`."""
    before = dataclasses.asdict(old) if old.model != new.model else flatten(old)
    after = dataclasses.asdict(new) if old.model != new.model else flatten(new)
    for name, value in after.items():
        if name not in _FREE and before.get(name) != value:
            # A vocabulary is no value that an error can print.
            was, now = (f"{v!s:.60}" for v in (before.get(name), value))
            raise UserError(
                f"--workdir={workdir}: holds a run with {name}={was}, not"
                f" {now}; use another --workdir, or the settings of its"
                " config.json."
            )

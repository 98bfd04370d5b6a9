"""Checkpoints that are whole or not there.

A checkpoint is a folder. It is written under another name, flushed to the disk
together with the size and checksum of its files, and then renamed: a crash
leaves the previous one. Reading verifies the checksums and falls back to the
previous good one.
"""

import dataclasses
import json
import math
import os
import pathlib
import re
import shutil
import zlib
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from absl import logging

from tfgen.config import TrainConfig, from_dict
from tfgen.errors import UserError
from tfgen.files import partial_of, read_json, writing

_MANIFEST, _STATE = "manifest.json", "state.json"
# What a manifest lists.
_FILES = {_STATE, "variables.index", "variables.data-00000-of-00001"}


@dataclasses.dataclass
class Progression:
    """How far a training has come; saved in each checkpoint."""

    step: int = 0
    best: float = math.inf
    best_step: int = 0
    evaluations_since_best: int = 0

    @property
    def found(self) -> str:
        """The best validation, in words."""
        if not self.best_step:
            return "no good validation, the last weights are used"
        return f"best validation {self.best:.4f} at step {self.best_step}"

    def finished(self, config: TrainConfig) -> bool:
        """Whether a training ends here."""
        patience = config.patience or math.inf
        return (
            self.step >= config.steps or self.evaluations_since_best >= patience
        )


class Checkpoints:
    """The checkpoints of one kind (`last` or `best`) in a workdir.

    Folders are `<directory>/<kind>-<step>/`.
    """

    def __init__(
        self,
        directory: str | os.PathLike,
        kind: str,
        keep: int,
        **variables: Sequence[keras.Variable],
    ):
        """Manages `keep` checkpoints of `variables`.

        They are saved as flat lists, in order. (`tf.train.Checkpoint` does not
        see the layers in a Keras layer's list attributes: given the model, it
        would silently save a part of it.)

        Args:
          directory: the workdir's `checkpoints` folder.
          kind: prefix of the folders' names.
          keep: how many to keep, at least 1.
          **variables: `variables` of Keras models and optimizers.
        """
        self.directory = pathlib.Path(directory)
        self.kind = kind
        self.keep = max(keep, 1)
        self.latest: pathlib.Path | None = None  # saved or restored by this
        self.checkpoint = tf.train.Checkpoint(
            **{n: [v.value for v in vs] for n, vs in variables.items()}
        )

    def folders(self) -> list[pathlib.Path]:
        """Returns the folders there are, newest first."""
        found = self.directory.glob(f"{self.kind}-*")
        own = re.compile(rf"{self.kind}-\d{{10}}")  # and no copy with a suffix
        return sorted((f for f in found if own.fullmatch(f.name)), reverse=True)

    def save(self, step: int, state: dict[str, Any]) -> pathlib.Path:
        """Writes a checkpoint and removes those beyond `keep`.

        Args:
          step: of training.
          state: fields of the `Progression` that goes with the variables.

        Raises:
          UserError: it could not be written (full disk); nothing has changed.
        """
        final = self.directory / f"{self.kind}-{step:010d}"
        partial = partial_of(final)
        try:
            with writing(final):
                self._write(partial, state)
                shutil.rmtree(final, ignore_errors=True)
                partial.rename(final)
                _flush(self.directory)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        self.latest = final
        # Later steps are of a run that this one, resumed from before them,
        # replaces: what was saved last is the newest.
        found = self.folders()
        kept = [f for f in found if f.name <= final.name][: self.keep]
        for folder in set(found).difference(kept):
            shutil.rmtree(folder, ignore_errors=True)
        return final

    def _write(self, folder: pathlib.Path, state: dict[str, Any]) -> None:
        folder.mkdir(parents=True)
        self.checkpoint.write(str(folder / "variables"))
        (folder / _STATE).write_text(json.dumps(state) + "\n")
        manifest = {path.name: _fingerprint(path) for path in folder.iterdir()}
        (folder / _MANIFEST).write_text(json.dumps(manifest) + "\n")
        for path in [*folder.iterdir(), folder]:
            _flush(path)

    def restore(self) -> Progression | None:
        """Restores the newest good checkpoint.

        Returns:
          Its state, or None if there is no good one.

        Raises:
          UserError: the checkpoint belongs to other variables.
        """
        for folder in self.folders():
            # A checkpoint may hold more than is asked for (the optimizers,
            # when only the model is restored), never less.
            try:
                state = _verified(folder)
                status = self.checkpoint.read(str(folder / "variables"))
                status.expect_partial().assert_existing_objects_matched()
            except (UserError, tf.errors.OpError) as error:
                problem = str(error).partition("\n")[0].rstrip(".")
                logging.warning(
                    "%s: %s; trying the checkpoint before it.", folder, problem
                )
                continue
            except (AssertionError, ValueError) as error:
                line = str(error).partition("\n")[0]
                raise UserError(
                    f"workdir: {folder} belongs to another model or other"
                    f" settings ({line})."
                ) from error
            self.latest = folder
            return state
        return None


def _fingerprint(path: pathlib.Path) -> list[int]:
    """Size in bytes and CRC-32 of a file."""
    crc = 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            crc = zlib.crc32(block, crc)
    return [path.stat().st_size, crc]


def step_of(folder: pathlib.Path) -> int:
    """Returns the step that the name of a checkpoint's folder ends in."""
    return int(folder.name.rpartition("-")[2])


def _verified(folder: pathlib.Path) -> Progression:
    """Returns the state of a checkpoint.

    Raises:
      UserError: something is wrong with the checkpoint.
    """
    try:
        manifest = read_json(folder / _MANIFEST)
    except (OSError, UserError):
        raise UserError(f"{_MANIFEST} is missing or unreadable") from None
    if not isinstance(manifest, dict) or manifest.keys() != _FILES:
        raise UserError(f"{_MANIFEST} does not list the checkpoint's files")
    for name, fingerprint in manifest.items():
        try:
            whole = _fingerprint(folder / name) == fingerprint
        except OSError as error:
            reason = error.strerror
            raise UserError(
                f"{name} is missing or unreadable ({reason})"
            ) from None
        if not whole:
            raise UserError(f"{name} is truncated or damaged")
    try:
        state = from_dict(Progression, read_json(folder / _STATE))
    except UserError as error:
        raise UserError(f"{_STATE}: {error}") from None
    if state.step != step_of(folder):
        raise UserError(f"{_STATE} is of step {state.step}")
    return state


def _flush(path: pathlib.Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

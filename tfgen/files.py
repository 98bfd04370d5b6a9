"""Files: written whole or not at all, read with care, failures in words."""

import contextlib
import json
import os
import pathlib
import shutil
import uuid
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import tensorflow as tf
from absl import logging

from tfgen.errors import UserError

T = TypeVar("T")

# Of files of settings. A vocabulary of a million words is a tenth of it.
MOST_BYTES = 1 << 27
MOST_LEVELS = 100


def default_cache_dir() -> pathlib.Path:
    """Returns the folder of what runs share: `~/.cache/tfgen`.

    Or below `XDG_CACHE_HOME`, if the environment has it.
    """
    home = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(home) / "tfgen"


@contextlib.contextmanager
def writing(path: str | os.PathLike) -> Iterator[None]:
    """Turns a failure to write into a `UserError` that names the path."""
    try:
        yield
    except (OSError, tf.errors.OpError) as error:
        raise UserError(
            f"cannot write {path} ({failure(error)}); mend that and run the"
            " same command again."
        ) from error


def failure(error: OSError | tf.errors.OpError) -> str:
    """Returns the system's reason, of a failure to write."""
    if isinstance(error, shutil.Error):  # of many files
        _, _, line = error.args[0][0]
    else:
        line = getattr(error, "strerror", "") or str(error).partition("\n")[0]
    # TensorFlow says "{{node}} file; reason [Op:name]", and more lines.
    return line.rpartition("; ")[2].partition(" [Op:")[0]


@contextlib.contextmanager
def replacing(path: str | os.PathLike) -> Iterator[pathlib.Path]:
    """Yields a name to write a file to, which then takes the place of `path`.

    The folder is made if there is none.

    Raises:
      UserError: it could not be written; nothing has changed.
    """
    path = pathlib.Path(path)
    partial = partial_of(path)
    with writing(path):
        if not path.parent.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield partial
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def write_text(path: str | os.PathLike, text: str) -> None:
    """Writes a file, and its folder if there is none.

    Raises:
      UserError: it could not be written; nothing has changed.
    """
    with replacing(path) as partial:
        partial.write_text(text)


def partial_of(path: pathlib.Path) -> pathlib.Path:
    """Returns a name beside `path` to write to before renaming to `path`.

    Each call returns another one, in all processes. `remove_partials` finds it.
    """
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.partial")


def read_json(path: str | os.PathLike) -> Any:
    """Returns what a JSON file holds.

    Raises:
      OSError: there is no such file.
      UserError: it cannot be read, is too large, or no JSON.
    """
    try:
        return parse_json(read_text(path))
    except (FileNotFoundError, NotADirectoryError):
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", "") or error
        raise UserError(
            f"{path}: not readable as JSON ({reason}); mend the file, or put a"
            " copy of it in its place."
        ) from error


def read_text(path: str | os.PathLike) -> str:
    """Returns the text of a file of settings.

    Raises:
      OSError: it cannot be read.
      ValueError: it is too large, or not in UTF-8.
    """
    with open(path, "rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(f"more than {MOST_BYTES >> 20} MiB")
    return content.decode()


def read_or_warn(
    path: str | os.PathLike, parse: Callable[[Any], T | None]
) -> T | None:
    """Returns what a JSON file says that can be made anew.

    Args:
      path: of the file.
      parse: what the file holds -> what it says; may fail.

    Returns:
      None if there is no such file, or if it is damaged, which is said.
    """
    try:
        return parse(read_json(path))
    except OSError:
        return None
    except (UserError, KeyError, TypeError, AttributeError) as error:
        reason = reason_of(error, path)
        logging.warning("%s: damaged (%s); it is made anew.", path, reason)
        return None


def reason_of(error: Exception, path: str | os.PathLike) -> str:
    """Returns what an error says of a file, without its name and advice."""
    if not isinstance(error, UserError):  # a part that is not there
        return f"{type(error).__name__}: {error}"
    return str(error).removeprefix(f"{path}: ").partition("; ")[0].rstrip(".")


def parse_json(text: str) -> Any:
    """Returns what a text in JSON says.

    Raises:
      ValueError: it is no JSON, nested too deeply, or one object has two values
        of the same name.
    """
    with contextlib.suppress(RecursionError):
        found = json.loads(text, object_pairs_hook=_once)
        if not _is_deeper(found, MOST_LEVELS):
            return found
    raise ValueError("nested too deeply")


def _is_deeper(value: Any, levels: int) -> bool:
    """Returns whether lists and objects are nested deeper than `levels`."""
    if not isinstance(value, list | dict):
        return False
    inside = value.values() if isinstance(value, dict) else value
    return not levels or any(_is_deeper(v, levels - 1) for v in inside)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{name!r} is there twice")
        found[name] = value
    return found


def remove_partials(folder: pathlib.Path) -> None:
    """Removes what killed processes left half written in a workdir.

    Args:
      folder: that no other process writes to; also its folders are searched.
    """
    older = "checkpoints/*-partial", "export/.partial-*"  # as versions before
    for pattern in (".*.partial", "*/.*.partial", *older):
        for path in folder.glob(pattern):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with contextlib.suppress(OSError):
                    path.unlink()

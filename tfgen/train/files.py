"""Writing files: whole or not at all, and what to say if it fails."""

import contextlib
import os
import pathlib
import shutil
import uuid
from collections.abc import Iterator

import tensorflow as tf

from tfgen.errors import UserError


@contextlib.contextmanager
def writing(path: str | os.PathLike) -> Iterator[None]:
    """Turns a failure to write into a `UserError` that names the path."""
    try:
        yield
    except (OSError, tf.errors.OpError) as error:
        # TensorFlow says "{{node}} file; reason [Op:name]", and more lines.
        line = getattr(error, "strerror", "") or str(error).partition("\n")[0]
        reason = line.rpartition("; ")[2].partition(" [Op:")[0]
        raise UserError(
            f"--workdir: cannot write {path} ({reason}); mend that and run the"
            " same command again."
        ) from error


def write_text(path: str | os.PathLike, text: str) -> None:
    """Writes a file, and its folder if there is none.

    Raises:
      UserError: it could not be written; nothing has changed.
    """
    path = pathlib.Path(path)
    partial = partial_of(path)
    with writing(path):
        if not path.parent.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
        try:
            partial.write_text(text)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def partial_of(path: pathlib.Path) -> pathlib.Path:
    """Returns a name beside `path` to write to before renaming to `path`.

    Each call returns another one, in all processes. `remove_partials` finds it.
    """
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.partial")


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

"""Writing files: whole or not at all, and what to say if it fails."""

import contextlib
import os
import pathlib
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
    partial = path.with_name(path.name + ".partial")
    with writing(path):
        if not path.parent.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
        try:
            partial.write_text(text)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

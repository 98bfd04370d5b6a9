"""Text files that are whole or not there."""

import contextlib
import os
import pathlib
from collections.abc import Iterator

from tfgen.errors import UserError


@contextlib.contextmanager
def writing(path: str | os.PathLike) -> Iterator[None]:
    """Turns a failure to write into a `UserError` that names the path."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"--workdir: cannot write {path} ({error.strerror or error})."
        ) from error


def write_text(path: str | os.PathLike, text: str) -> None:
    """Writes a file, and its folder if there is none.

    Raises:
      UserError: it could not be written; nothing has changed.
    """
    path = pathlib.Path(path)
    partial = path.with_name(path.name + ".partial")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            partial.write_text(text)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

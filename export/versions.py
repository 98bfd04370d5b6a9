"""Numbered folders, of which a server takes the largest for the newest."""

import contextlib
import pathlib
import shutil
from collections.abc import Iterator

from export import calls
from export.calls import Call
from tfgen.errors import UserError

# What an export writes; last the part that servers poll.
PARTS = ("web", "checks", "tflite", "saved_model")


def versions(folder: pathlib.Path) -> list[int]:
    """Returns the versions in a folder, the newest last."""
    found = folder.glob("*/")
    return sorted(int(p.name) for p in found if p.name.isdecimal())


def next_version(*parents: pathlib.Path) -> int:
    """Returns 1 + the largest number that names an entry of the folders."""
    names = [path.name for parent in parents for path in parent.glob("*")]
    return max(map(int, filter(str.isdecimal, names)), default=0) + 1


def newest_export(
    directory: pathlib.Path, name: str
) -> tuple[pathlib.Path, list[Call]]:
    """Returns the newest SavedModel of an export, and its calls.

    Args:
      directory: the workdir's `export`.
      name: of the model.

    Raises:
      UserError: there is no such export, or it is damaged.
    """
    found = versions(directory / "saved_model" / name)
    if not found:
        raise UserError(
            f"{directory / 'saved_model' / name}: has no version to publish;"
            " export the model first."
        )
    _, checks, _, saved_model = (
        directory / part / name / str(found[-1]) for part in PARTS
    )
    return saved_model, calls.read(checks / "examples.npz")


@contextlib.contextmanager
def new_version(directory: pathlib.Path, name: str) -> Iterator[pathlib.Path]:
    """Yields a folder for `PARTS`, which become the next version of a model.

    An error leaves nothing behind, and earlier versions as they are.

    Args:
      directory: gets `<part>/<name>/<version>`.
      name: of the model.

    Raises:
      UserError: the folder cannot be written.
    """
    # It imports TensorFlow, which a check of TFLite files does without.
    from tfgen.files import partial_of

    existed = directory.exists()
    partial = partial_of(directory / name)
    try:
        partial.mkdir(parents=True)
        try:
            yield partial
            _rename(partial, directory, name)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except BaseException as error:
        if not existed:
            shutil.rmtree(directory, ignore_errors=True)
        if not isinstance(error, OSError):
            raise
        reason = error.strerror or error
        raise UserError(
            f"{directory}: cannot write {error.filename or 'there'} ({reason});"
            " mend that, or choose another folder."
        ) from error


def _rename(partial: pathlib.Path, directory: pathlib.Path, name: str) -> None:
    """Gives the parts that hold something their place."""
    parts = [part for part in PARTS if any((partial / part).glob("*"))]
    version = next_version(*(directory / part / name for part in parts))
    done = []
    try:
        for part in parts:
            final = directory / part / name / str(version)
            final.parent.mkdir(parents=True, exist_ok=True)
            done.append(final)  # before: a signal may come between the two
            (partial / part).rename(final)
    except BaseException:
        for final in done:
            shutil.rmtree(final, ignore_errors=True)
        raise

"""Which image files a folder has, and what their names say."""

from __future__ import annotations

import collections
import functools
import mimetypes
import os
import pathlib
import stat
import unicodedata
from typing import NamedTuple

from tfgen.data.image_file import EXTENSIONS
from tfgen.data.keys import fraction
from tfgen.errors import UserError

SPLIT_FOLDERS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}

# What systems put beside the user's own, besides names that begin with a dot.
_OF_SYSTEMS = ("@eaDir", "@__thumb", "#recycle", "__MACOSX", "lost+found")

# What happened, to what (`"left out", ".txt"`) -> the names of all of them.
Notes = collections.defaultdict[tuple[str, str], list[str]]


class ImageFile(NamedTuple):
    """A file.

    Attributes:
      path: below the folder, with "/".
      split: whose folder it is in, or "".
      label: the name of its class, or "".
      place: in [0, 1), by which it is split and ordered.
    """

    path: str
    split: str
    label: str
    place: float


def find(
    root: pathlib.Path, argument: str, notes: Notes, letter: str = ""
) -> list[ImageFile]:
    """Returns the images below `root`, by path.

    Args:
      root: the folder.
      argument: what the user said, for errors.
      notes: gets what is left out.
      letter: of one of two domains, whose sub-folders (trainA, testA) end with
        it; others are not of it.

    Raises:
      UserError: no images, more pictures of other formats, a sub-folder that
        cannot be read, or sub-folders that are neither classes nor splits.
    """
    paths = [
        path
        for path in walk(root, argument, notes)
        if path.partition("/")[0].endswith(letter)
    ]
    others = [
        path
        for paths_left_out in notes.values()
        for path in paths_left_out
        if (mimetypes.guess_type(path)[0] or "").startswith("image/")
        and not path.lower().endswith(EXTENSIONS)
    ]
    if not paths or len(others) > len(paths):
        some = f"; left out {others[0]}" if others else ""
        raise UserError(
            f"{argument}: expected files that end in {', '.join(EXTENSIONS)},"
            f" found {len(paths) or 'none'}{some}."
        )
    names, splits = paths, {}
    if not _loose(paths, paths, argument):
        splits = _split_folders(paths, argument, notes, letter)
    if splits:
        names = [path.partition("/")[2] for path in paths]
    loose = _loose(names, paths, argument)
    notes["read", "by class, from folders named as splits"] += [
        path
        for path, name in zip(paths, names)
        if name.count("/") > 1
        and not SPLIT_FOLDERS.keys().isdisjoint(name.lower().split("/")[1:-1])
    ]
    return [
        ImageFile(
            path,
            splits[path.partition("/")[0]] if splits else "",
            "" if loose else shown(name.partition("/")[0]),
            # One name in Unicode's two forms is the same on every machine.
            fraction("image_folder", unicodedata.normalize("NFC", name)),
        )
        for path, name in zip(paths, names)
    ]


def _loose(names: list[str], paths: list[str], argument: str) -> bool:
    """Whether no file is in a sub-folder; else all are, or it is an error."""
    loose = [path for path, name in zip(paths, names) if "/" not in name]
    if loose and len(loose) < len(paths):
        raise UserError(
            f"{argument}: {loose[0]} lies beside the sub-folders; expected"
            " every image in one (its class), or all of them in none."
        )
    return bool(loose)


@functools.cache
def shown(name: str) -> str:
    """Returns a name as text, in Unicode's form NFC, whatever its bytes are."""
    text = os.fsencode(name).decode(errors="backslashreplace")
    return unicodedata.normalize("NFC", text)


def walk(root: pathlib.Path, argument: str, notes: Notes) -> list[str]:
    """Returns the images' paths below `root`, sorted.

    What links lead to is read last, and once: it may be in `root` itself.

    Args:
      root: the folder.
      argument: what the user said, for errors.
      notes: gets what is left out.

    Raises:
      UserError: a sub-folder cannot be read.
    """
    found = []

    def take(path):
        if path.lower().endswith(EXTENSIONS):
            found.append(path)
        else:
            extension = os.path.splitext(path)[1].lower()
            kind = extension or "files without extension"
            notes["left out", kind].append(path)

    folders, links = collections.deque([""]), collections.deque()
    seen = {_identity(parent.stat()) for parent in root.resolve().parents}
    while folders or links:
        path = (folders or links).popleft()
        try:
            status = os.stat(root / path)
        except OSError:  # of a link that leads nowhere: reading says so
            take(path)
            continue
        if _identity(status) in seen:
            notes["left out", "links to what is there"].append(path)
            continue
        seen.add(_identity(status))
        if not stat.S_ISDIR(status.st_mode):
            take(path)
            continue
        for entry in _entries(root / path, argument):
            below = f"{path}/{entry.name}" if path else entry.name
            if entry.name.startswith(".") or entry.name in _OF_SYSTEMS:
                notes["left out", "hidden"].append(below)
            elif entry.is_symlink():
                links.append(below)
            elif entry.is_dir():
                folders.append(below)
            elif entry.is_file():
                seen.add((status.st_dev, entry.inode()))
                take(below)
    return sorted(found)


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _entries(folder: pathlib.Path, argument: str) -> list[os.DirEntry]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise UserError(
            f"{argument}: {folder} cannot be read: {error.strerror}."
        ) from error


def _split_folders(
    paths: list[str], argument: str, notes: Notes, letter: str
) -> dict[str, str]:
    """Sub-folder -> split, if that is what the sub-folders are."""
    folders = sorted({path.partition("/")[0] for path in paths})
    names = {folder: folder.removesuffix(letter).lower() for folder in folders}
    splits = {
        folder: SPLIT_FOLDERS[name]
        for folder, name in names.items()
        if name in SPLIT_FOLDERS
    }
    if not splits:
        return {}
    others = [folder for folder in folders if folder not in splits]
    named = ", ".join(splits)
    if others and set(splits.values()) == {"train"}:
        notes["read", "class named as a split"].append(named)
        return {}
    if others:
        raise UserError(
            f"{argument}: the sub-folders {named} are named as splits, but"
            f" {others[0]} is not; expected either splits or classes."
        )
    meant = set(splits.values())
    if "train" not in meant or len(meant) < len(splits):
        raise UserError(
            f"{argument}: the sub-folders {named} are named as splits; expected"
            " train, and of validation and test at most one each."
        )
    return splits

"""Holds pins, ranges and what is installed against requirements.lock; offline.

Prints a line for each difference, and fails if there is one:
  .venv/bin/python .ci/audit.py
"""

import importlib.metadata
import pathlib
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name as canonical

ROOT = pathlib.Path(__file__).parents[1]
_LOCKED = re.compile(r"([\w.-]+)==(\S+) --hash=sha256:[0-9a-f]{64}")
# What `python -m venv` brings, and this project.
_NOT_LOCKED = {"pip", "setuptools", "tfgen"}


def problems(
    pins: str, lock: str, project: str, installed: Mapping[str, str]
) -> Iterator[str]:
    """Yields what differs, a line each.

    Args:
      pins: requirements.txt.
      lock: requirements.lock.
      project: pyproject.toml.
      installed: name -> version of packages.
    """
    locked = {}
    for line in _lines(lock):
        if match := _LOCKED.fullmatch(line):
            locked[canonical(match[1])] = match[2]
        else:
            yield f"requirements.lock: {line:.60}: expected name==version, hash"
    project = tomllib.loads(project)["project"]
    optional = project.get("optional-dependencies", {})
    for file, wanted in (
        ("requirements.txt", _lines(pins)),
        (
            "pyproject.toml",
            [*project["dependencies"], *optional["dev"], *optional["docs"]],
        ),
    ):
        for text in wanted:
            needed = Requirement(text)
            version = locked.get(canonical(needed.name))
            if version is None or version not in needed.specifier:
                yield f"{file}: {text}: the lock has {version or 'none'}"
    found = {canonical(name): version for name, version in installed.items()}
    for name in sorted((found.keys() | locked.keys()) - _NOT_LOCKED):
        if found.get(name) != locked.get(name):
            yield (
                f"{name}: installed {found.get(name)}, the lock has"
                f" {locked.get(name)}"
            )


def _lines(text: str) -> list[str]:
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def main() -> None:
    """Says what differs."""
    texts = [
        (ROOT / name).read_text()
        for name in ("requirements.txt", "requirements.lock", "pyproject.toml")
    ]
    installed = {
        d.metadata["Name"]: d.version
        for d in importlib.metadata.distributions()
    }
    found = list(problems(*texts, installed))
    print(*found or ["requirements.lock: all as it says"], sep="\n")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()

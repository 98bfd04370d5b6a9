"""The Dockerfile, as far as it can be read without an engine."""

import json
import pathlib
import re
import tomllib

ROOT = pathlib.Path(__file__).parents[1]
LINES = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()


def arguments(instruction):
    return [
        line.removeprefix(instruction).split()
        for line in LINES
        if line.startswith(f"{instruction} ")
    ]


def test_what_is_copied_exists_and_is_not_ignored():
    kept = (ROOT / ".dockerignore").read_text().splitlines()
    copied = [path for *paths, _ in arguments("COPY") for path in paths]
    for path in copied:
        assert (ROOT / path).exists() and f"!{path}" in kept, path
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())
    found = packages["tool"]["setuptools"]["packages"]["find"]["include"]
    assert {name.rstrip("*") for name in found} <= set(copied)


def test_what_develops_stays_outside():
    """Pins bound what is installed, and bring nothing."""
    (install,) = arguments("RUN")
    assert install[:2] == ["pip", "install"] and "." in install
    assert install[install.index("-c") + 1] == "requirements.txt"
    assert "-r" not in install


def test_it_runs_the_console_on_a_python_that_is_tested():
    (entry,) = arguments("ENTRYPOINT")
    assert json.loads(" ".join(entry)) == ["tfgen"]
    (base,) = [a[0] for a in arguments("ARG") if a[0].startswith("BASE=")]
    assert re.fullmatch(r"BASE=python:3\.11-slim", base)

"""The command `tfgen`, as pip installs it."""

import sys
import tomllib

import pytest

from apps import console
from tests.apps import command


def test_every_app_is_a_command():
    apps = {p.stem for p in (command.ROOT / "apps").glob("*.py")}
    assert set(console.commands()) == apps - {"__init__", "console", "flags"}


def test_the_entry_point_is_the_console():
    with open(command.ROOT / "pyproject.toml", "rb") as file:
        scripts = tomllib.load(file)["project"]["scripts"]
    assert scripts == {"tfgen": "apps.console:main"}


@pytest.mark.parametrize("arguments", [[], ["--help"], ["help"]])
def test_usage_lists_the_commands(arguments, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["tfgen", *arguments])
    console.main()
    out = capsys.readouterr().out.splitlines()
    for name, text in console.commands().items():
        assert any(name in line and text in line for line in out)


def test_a_command_is_its_app():
    code, out, _ = command.run("apps.console", "train", "--help")
    same = command.run("apps.train", "--help")
    assert (code, out) == same[:2]
    assert len(out) <= 60


def test_an_unknown_command(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["tfgen", "trian"])
    with pytest.raises(SystemExit) as stopped:
        console.main()
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("tfgen trian: unknown command.")

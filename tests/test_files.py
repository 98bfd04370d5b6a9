import pathlib

import pytest

from tfgen import files
from tfgen.errors import UserError
from tfgen.files import read_json, write_text, writing


def test_a_file_and_its_folder_are_written(tmp_path):
    path = tmp_path / "a" / "b.json"
    write_text(path, "1")
    write_text(path, "23")
    assert path.read_text() == "23"
    assert [p.name for p in path.parent.iterdir()] == ["b.json"]


def test_a_failure_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "b.json"
    write_text(path, "1")

    def fail(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pathlib.Path, "replace", fail)
    with pytest.raises(UserError, match=f"^cannot write {path} \\("):
        write_text(path, "2")
    assert path.read_text() == "1"
    assert [p.name for p in tmp_path.iterdir()] == ["b.json"]


@pytest.mark.parametrize(
    "text, reason",
    [
        ("", "Expecting value"),
        ("{} {}", "Extra data"),
        ("[" * 100_000, "nested too deeply"),
        ("[" * 101 + "]" * 101, "nested too deeply"),
        ('[{"a": 1, "a": 1}]', "'a' is there twice"),
        (None, "Is a directory"),
    ],
)
def test_what_is_no_json(tmp_path, text, reason):
    path = tmp_path / "a.json"
    path.mkdir() if text is None else path.write_text(text)
    with pytest.raises(UserError) as error:
        read_json(path)
    line = f"{path}: not readable as JSON ({reason}"
    assert str(error.value).startswith(line)


def test_a_file_of_settings_has_bounds(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    path.write_text("[" * 100 + "]" * 100)
    assert read_json(path)
    monkeypatch.setattr(files, "MOST_BYTES", 1 << 20)
    path.write_text('"' + "a" * (1 << 20) + '"')
    with pytest.raises(UserError, match="more than 1 MiB"):
        read_json(path)


def test_a_file_that_is_not_there_is_not_damaged(tmp_path):
    with pytest.raises(OSError):
        read_json(tmp_path / "a.json")
    with pytest.raises(OSError):
        (tmp_path / "file").write_text("")
        read_json(tmp_path / "file" / "a.json")


@pytest.mark.parametrize(
    "path, reason",
    [
        ("/dev/full/x", "Not a directory"),
        ("/proc/nowhere/x", "No such file or directory"),
    ],
)
def test_a_folder_that_cannot_be_made(path, reason):
    with pytest.raises(UserError, match=f"cannot write {path} \\({reason}\\);"):
        write_text(path, "1")


def test_a_full_disk():
    with (
        pytest.raises(UserError, match=r"\(No space left on device\);"),
        writing("/dev/full"),
        open("/dev/full", "w") as file,
    ):
        file.write("x")

import pathlib

import pytest

from tfgen.errors import UserError
from tfgen.train.files import write_text, writing


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

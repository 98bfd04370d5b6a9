import collections
import os
import unicodedata

import pytest

from tfgen.data import image_files
from tfgen.data.keys import fraction
from tfgen.errors import UserError


def touch(root, *paths):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"")


def find(root):
    """The files that are found, and what is said of others."""
    notes = collections.defaultdict(list)
    found = image_files.find(root, "data=x", notes)
    said = {" ".join(what): names for what, names in notes.items() if names}
    return found, said


def paths(root):
    return [file.path for file in find(root)[0]]


def test_other_formats_are_counted(tmp_path):
    touch(tmp_path, "1.png", "2.JPG", "3.webp", "1.txt", "b.txt", "README")
    found, notes = find(tmp_path)
    assert [file.path for file in found] == ["1.png", "2.JPG", "3.webp"]
    assert notes == {
        "left out .txt": ["1.txt", "b.txt"],
        "left out files without extension": ["README"],
    }


def test_most_of_the_pictures_are_of_other_formats(tmp_path):
    touch(tmp_path, "1.png", "2.png", "a.avif", "b.avif", "c.avif")
    with pytest.raises(
        UserError, match=r"that end in .*\.jpeg, found 2; left out a\.avif\."
    ):
        find(tmp_path)
    touch(tmp_path, "3.png")
    assert find(tmp_path)[1]["left out .avif"] == ["a.avif", "b.avif", "c.avif"]


def test_what_systems_leave_there(tmp_path):
    touch(
        tmp_path,
        "a/1.png",
        "a/._1.png",
        "a/@eaDir/1.png/SYNOPHOTO_THUMB_M.jpg",
        "@eaDir/x.png",
        "__MACOSX/a/1.png",
        ".thumbnails/1.png",
    )
    found, notes = find(tmp_path)
    assert [file.path for file in found] == ["a/1.png"]
    assert set(notes) == {"left out hidden"}
    assert len(notes["left out hidden"]) == 5


def test_links_that_lead_back(tmp_path):
    touch(tmp_path, "data/a/1.png", "data/b/2.png", "elsewhere/3.png")
    root = tmp_path / "data"
    (root / "a" / "back").symlink_to(root)
    (root / "a" / "above").symlink_to(tmp_path)
    (root / "a" / "2.png").symlink_to(root / "b" / "2.png")
    (root / "b" / "other").symlink_to(tmp_path / "elsewhere")
    (root / "c").symlink_to(root / "a")
    found, notes = find(root)
    assert [file.path for file in found] == [
        "a/1.png",
        "b/2.png",
        "b/other/3.png",
    ]
    (links,) = notes.values()
    assert set(notes) == {"left out links to what is there"}
    assert sorted(links) == ["a/2.png", "a/above", "a/back", "c"]


def test_links_to_folders_elsewhere(tmp_path):
    touch(tmp_path, "elsewhere/cats/1.png", "elsewhere/dogs/2.png")
    root = tmp_path / "data"
    root.mkdir()
    for name in ("cats", "dogs"):
        (root / name).symlink_to(tmp_path / "elsewhere" / name)
    (root / "dogs" / "lost.png").symlink_to(root / "nowhere.png")
    assert paths(root) == ["cats/1.png", "dogs/2.png", "dogs/lost.png"]


def test_a_folder_that_cannot_be_read(tmp_path, monkeypatch):
    touch(tmp_path, "a/1.png", "b/2.png")
    scandir = os.scandir

    def denied(path):
        if os.path.basename(path) == "b":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", denied)
    with pytest.raises(UserError, match=r"/b cannot be read: Permission"):
        find(tmp_path)


@pytest.mark.parametrize(
    "names",
    [
        ("train", "validation", "test"),
        ("training", "val", "testing"),
        ("Train", "valid", "TEST"),
    ],
)
def test_folders_of_splits(tmp_path, names):
    touch(tmp_path, *(f"{name}/{c}/1.png" for name in names for c in "ab"))
    found, notes = find(tmp_path)
    expected = [
        (split, label)
        for split in ("train", "validation", "test")
        for label in "ab"
    ]
    assert sorted((f.split, f.label) for f in found) == sorted(expected)
    assert {file.place for file in found if file.label == "a"} == {
        fraction("image_folder", "a/1.png")
    }
    assert not notes


def test_splits_without_classes(tmp_path):
    touch(tmp_path, "train/1.png", "test/1.png")
    found, _ = find(tmp_path)
    assert [(f.split, f.label) for f in found] == [("test", ""), ("train", "")]


@pytest.mark.parametrize(
    "names, message",
    [
        (["train/1.png", "test/1.png", "cat/1.png"], "test, train .* cat is"),
        (["test/1.png", "cat/1.png"], "test .* cat is not"),
        (["val/1.png", "test/1.png"], "test, val .* expected train"),
        (["train/1.png", "val/1.png", "valid/1.png"], "at most one each"),
        (["train/a/1.png", "test/1.png"], "test/1.png lies beside"),
        (["train/1.png", "1.png"], "1.png lies beside"),
    ],
)
def test_splits_that_are_half_of_them(tmp_path, names, message):
    touch(tmp_path, *names)
    with pytest.raises(UserError, match=message):
        find(tmp_path)


def test_trains_may_be_a_class(tmp_path):
    touch(tmp_path, "train/1.png", "bus/1.png")
    found, notes = find(tmp_path)
    assert [(f.split, f.label) for f in found] == [("", "bus"), ("", "train")]
    assert notes == {"read class named as a split": ["train"]}


def test_splits_inside_of_classes_are_named(tmp_path):
    """As MVTec has them; they are not read as splits."""
    touch(tmp_path, "nut/train/1.png", "nut/Test/2.png", "nut/3.png")
    found, notes = find(tmp_path)
    assert {file.label for file in found} == {"nut"}
    assert notes == {
        "read by class, from folders named as splits": [
            "nut/Test/2.png",
            "nut/train/1.png",
        ]
    }


def test_both_forms_of_unicode_are_split_alike(tmp_path):
    name = "caf\u00e9/\u00fcber.png"
    for form in ("NFC", "NFD"):
        touch(tmp_path / form, unicodedata.normalize(form, name))
    (composed,), (decomposed,) = (
        find(tmp_path / form)[0] for form in ("NFC", "NFD")
    )
    assert composed.path != decomposed.path
    assert composed.label == decomposed.label == "caf\u00e9"
    assert composed.place == decomposed.place == fraction("image_folder", name)


def test_names_that_are_no_utf_8(tmp_path):
    name = os.fsdecode(b"caf\xe9/\xff.png")
    touch(tmp_path, name)
    ((path, _, label, place),) = find(tmp_path)[0]
    assert path == name
    assert label == r"caf\xe9"
    assert 0 <= place < 1

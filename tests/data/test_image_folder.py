import logging
import os

import numpy as np
import pytest
from PIL import Image

from tfgen.config import DataSpec
from tfgen.data import catalog, pipeline
from tfgen.data import source as source_lib
from tfgen.data.settings import DataConfig
from tfgen.data.source import SPLITS, ArraySource, RecordSource
from tfgen.errors import UserError

NUM_IMAGES = 60


def save(path, value, mode="RGB", size=(20, 16)):
    path.parent.mkdir(parents=True, exist_ok=True)
    color = value if mode in ("L", "P", "I;16") else (value,) * len(mode)
    Image.new(mode, size, color).save(path)


@pytest.fixture
def folder(tmp_path):
    """Image `i` is filled with `i`; classes a and b hold even and odd `i`."""
    for i in range(NUM_IMAGES):
        save(tmp_path / "ab"[i % 2] / f"{i:03}.png", i)
    return tmp_path


@pytest.fixture(params=["memory", "stream"])
def kind(request, monkeypatch):
    if request.param == "stream":
        monkeypatch.setattr(source_lib, "MEMORY_BUDGET", 0)
        return RecordSource
    return ArraySource


def load(folder, image_size=8, **kwargs):
    config = DataConfig(
        name=f"image_folder:{folder}", image_size=image_size, **kwargs
    )
    return catalog.load(config, seed=0)


def examples(source, split):
    """The values that the images are filled with, and the labels."""
    dataset = pipeline.eval_batches(
        source, split, batch_size=7, seed=0, dequantize=False
    )
    batches = list(dataset.as_numpy_iterator())
    x = np.concatenate([b["x"] for b in batches])
    assert (x == x[:, :1, :1, :1]).all()
    labels = [b["label"] for b in batches if "label" in b]
    label = np.concatenate(labels) if labels else None
    return x[:, 0, 0, 0].astype(int).tolist(), label


def test_classes_splits_and_pixels(folder, kind):
    source = load(folder)
    assert isinstance(source, kind)
    assert source.spec == DataSpec((8, 8, 3), 256, 2, ("a", "b"))
    seen = []
    for split in SPLITS:
        values, labels = examples(source, split)
        assert len(values) == source.sizes[split]
        np.testing.assert_array_equal(labels, np.array(values) % 2)
        assert labels.dtype == np.int32
        seen += values
    assert sorted(seen) == list(range(NUM_IMAGES))
    assert source.sizes["train"] > 0.65 * NUM_IMAGES


def test_training_has_every_example_once_an_epoch(folder, kind):
    source = load(folder)
    n = source.sizes["train"]
    dataset = pipeline.train_batches(
        source, batch_size=n, seed=0, num_steps=2, dequantize=False
    )
    for batch in dataset:
        values = batch["x"].numpy()[0, :, 0, 0, 0].astype(int).tolist()
        assert sorted(values) == sorted(examples(source, "train")[0])


def test_new_files_leave_the_others_in_their_split(folder):
    before = {s: set(examples(load(folder), s)[0]) for s in SPLITS}
    for i in range(NUM_IMAGES, 2 * NUM_IMAGES):
        save(folder / "a" / f"{i:03}.png", i)
    after = {s: set(examples(load(folder), s)[0]) for s in SPLITS}
    for split in SPLITS:
        assert before[split] <= after[split]


def test_the_first_images_are_of_all_classes(folder, kind):
    _, labels = examples(load(folder), "train")
    assert set(labels[:5]) == {0, 1}


def test_split_never_changes(folder):
    assert examples(load(folder), "validation")[0] == [16, 42, 36, 46, 51]
    assert examples(load(folder), "test")[0] == [48]


def test_no_sub_folders_no_classes(tmp_path, kind):
    for i in range(NUM_IMAGES):
        save(tmp_path / f"{i:03}.png", i)
    source = load(tmp_path)
    assert source.spec == DataSpec((8, 8, 3), levels=256)
    assert examples(source, "test")[1] is None


def test_gray_images(tmp_path, kind):
    for i in range(NUM_IMAGES):
        save(tmp_path / f"{i:03}.png", i, mode="L")
    source = load(tmp_path)
    assert source.spec.shape == (8, 8, 1)
    assert len(examples(source, "train")[0]) == source.sizes["train"]


def test_other_files_and_hidden_ones_are_left_alone(folder):
    (folder / "notes.txt").write_text("not an image")
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "x.png").write_text("not an image")
    (folder / "a" / "._001.png").write_text("not an image")
    assert sum(load(folder).sizes.values()) == NUM_IMAGES


def spoil(folder, how):
    bad = folder / "b" / "001.png"
    if how == "truncated":
        bad = folder / "b" / "0.jpg"
        noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3))
        Image.fromarray(noise.astype(np.uint8)).save(bad)
        bad.write_bytes(bad.read_bytes()[:1000])
    elif how == "no image":
        bad.write_text("hello")
    elif how == "empty":
        bad.write_bytes(b"")
    else:
        save(bad, 0, mode=how)
    return bad


BAD = {
    "truncated": r"b/0\.jpg: not a readable image \(.*truncated",
    "no image": r"b/001\.png: not a readable image \(cannot identify",
    "empty": r"b/001\.png: not a readable image",
    "L": r"b/001\.png: channels: 1; expected 3, as in the first image",
    "I;16": r"b/001\.png: Pillow's mode I;16; expected 8 bits",
}


@pytest.mark.parametrize("how", BAD)
def test_bad_file_is_named(folder, kind, how):
    spoil(folder, how)
    with pytest.raises(UserError, match=BAD[how]) as error:
        load(folder)
    assert str(error.value).startswith(f"data=image_folder:{folder}: ")
    assert "data.skip_bad_records=true" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("how", BAD)
def test_bad_file_is_skipped_and_counted(folder, kind, how, caplog):
    bad = spoil(folder, how)
    replaced = how != "truncated"
    with caplog.at_level(logging.WARNING):
        source = load(folder, skip_bad_records=True)
    assert sum(source.sizes.values()) == NUM_IMAGES - replaced
    message = f"skipped 1 of {NUM_IMAGES + (not replaced)} files, such as b/"
    assert message + bad.name in caplog.text
    values = [v for split in SPLITS for v in examples(source, split)[0]]
    assert sorted(values) == [
        i for i in range(NUM_IMAGES) if not (replaced and i == 1)
    ]


@pytest.mark.parametrize("first", ["L", "no image"])
def test_first_image_that_opens_decides_on_the_channels(tmp_path, first):
    save(tmp_path / "0.png", 0, mode="L")
    if first == "no image":
        (tmp_path / "0.png").write_text("hello")
    for i in range(1, NUM_IMAGES):
        save(tmp_path / f"{i:03}.png", i)
    if first == "L":
        with pytest.raises(UserError, match=r"channels: 3; expected 1"):
            load(tmp_path)
    else:
        source = load(tmp_path, skip_bad_records=True)
        assert source.spec.shape == (8, 8, 3)


def test_no_such_folder(tmp_path):
    with pytest.raises(UserError, match=r"nowhere: expected the path of a"):
        load(tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"image_folder:: expected the path"):
        load("")


def test_empty_folder(tmp_path):
    with pytest.raises(UserError, match=r"\.png, \.jpg, \.jpeg, found none"):
        load(tmp_path)


@pytest.mark.parametrize("skip", [False, True])
def test_no_image_at_all(tmp_path, skip):
    (tmp_path / "x.png").write_text("hello")
    with pytest.raises(UserError, match=r"none of the 1 files.*x\.png"):
        load(tmp_path, skip_bad_records=skip)


def test_too_few_for_the_splits(tmp_path):
    for i in range(3):
        save(tmp_path / f"{i}.png", i)
    with pytest.raises(
        UserError, match=r"none of the 3 images .* split; expected more images"
    ):
        load(tmp_path)


def test_loose_files_beside_classes(folder):
    save(folder / "loose.png", 0)
    with pytest.raises(UserError, match=r"loose\.png lies beside"):
        load(folder)


def test_image_size(folder):
    with pytest.raises(UserError, match=r"data\.image_size=0"):
        load(folder, image_size=0)


def read_line(caplog):
    """The one line on what was read."""
    (line,) = [m for m in caplog.messages if ": read " in m]
    return line


def test_one_line_says_what_was_read(folder, caplog):
    load(folder)
    assert read_line(caplog) == (
        f"image_folder:{folder}: read 60 images of 2 classes: 54 train, 5"
        " validation, 1 test."
    )


def test_the_line_names_all_that_is_left_out(folder, kind, caplog):
    for name in ("1.txt", "2.txt", "3.avif", ".hidden.png"):
        (folder / "a" / name).write_bytes(b"")
    (folder / "b" / "001.png").write_text("hello")
    save(folder / "b" / "003.png", 3, mode="RGBA")
    load(folder, skip_bad_records=True)
    line = read_line(caplog)
    assert "read 59 images of 2 classes: " in line
    for part in (
        "; skipped 1 of 60 files, such as b/001.png: not a readable image (",
        "; left out 2 .txt, such as a/1.txt",
        "; left out 1 .avif, such as a/3.avif",
        "; left out 1 hidden, such as a/.hidden.png",
        "; of these 1 transparent, such as b/003.png",
    ):
        assert part in line


def test_most_files_are_bad(folder):
    for i in range(31):
        (folder / "ab"[i % 2] / f"{i:03}.png").write_text("hello")
    message = r"31 of 60 files are bad, such as a/000\.png: .* most of them to"
    with pytest.raises(UserError, match=message):
        load(folder, skip_bad_records=True)


def test_a_class_of_which_nothing_is_left_is_none(folder, kind, caplog):
    (folder / "c").mkdir()
    (folder / "c" / "0.png").write_text("hello")
    source = load(folder, skip_bad_records=True)
    assert source.spec.labels == ("a", "b")
    assert source.spec.num_classes == 2
    assert "; nothing is left of 1 classes, such as c" in read_line(caplog)


def test_folders_of_splits(folder, kind):
    """Also that nothing of `test/` is trained on."""
    for split, value in (("validation", 100), ("test", 200)):
        for c in "ab":
            save(folder / split / c / f"{value}.png", value + (c == "b"))
    (folder / "train").mkdir()
    for c in "ab":
        (folder / c).rename(folder / "train" / c)
    source = load(folder)
    assert source.spec.labels == ("a", "b")
    assert sorted(examples(source, "train")[0]) == list(range(NUM_IMAGES))
    for split, value in (("validation", 100), ("test", 200)):
        values, labels = examples(source, split)
        assert sorted(values) == [value, value + 1]
        np.testing.assert_array_equal(labels, np.array(values) - value)


@pytest.mark.parametrize("split", ["validation", "test"])
def test_splits_without_a_folder_are_of_train(folder, split, caplog):
    source = load(folder)
    before = {split: examples(source, split)[0] for split in SPLITS}
    (folder / "train").mkdir()
    for c in "ab":
        (folder / c).rename(folder / "train" / c)
        save(folder / split / c / "x.png", 200)
    caplog.clear()
    source = load(folder)
    (other,) = {"validation", "test"} - {split}
    said = f"; took out of train 1 splits, such as {other}."
    assert read_line(caplog).endswith(said)
    assert examples(source, split)[0] == [200, 200]
    assert examples(source, other)[0] == before[other]
    assert set(examples(source, "train")[0]) == {
        *before["train"],
        *before[split],
    }


def test_a_class_without_training_images_is_named(folder, caplog):
    (folder / "train").mkdir()
    for c in "ab":
        (folder / c).rename(folder / "train" / c)
    save(folder / "test" / "c" / "0.png", 0)
    assert load(folder).spec.labels == ("a", "b", "c")
    text = "; no training images of 1 classes, such as c"
    assert text in read_line(caplog)


@pytest.mark.parametrize("channels", ["1", "3"])
def test_gray_and_colour_together(folder, kind, channels):
    save(folder / "a" / "000.png", 0, mode="L")
    source = load(folder, channels=channels)
    assert source.spec.shape == (8, 8, int(channels))
    values = [v for split in SPLITS for v in examples(source, split)[0]]
    assert sorted(values) == list(range(NUM_IMAGES))


def test_the_error_of_other_channels_names_the_setting(folder):
    save(folder / "b" / "001.png", 1, mode="L")
    with pytest.raises(UserError, match="data.channels=1 or 3 reads both"):
        load(folder)


def test_background(folder, kind):
    save(folder / "a" / "000.png", 0, mode="RGBA")  # all of it is hidden
    source = load(folder, background="#646464")
    values = [v for split in SPLITS for v in examples(source, split)[0]]
    assert sorted(values) == [*range(1, NUM_IMAGES), 100]
    with pytest.raises(UserError, match="data.background=wite: expected a col"):
        load(folder, background="wite")


def test_names_that_are_no_utf_8(folder, kind):
    save(folder / "a" / os.fsdecode(b"\xff.png"), 200)
    source = load(folder)
    values = [v for split in SPLITS for v in examples(source, split)[0]]
    assert sorted(values) == [*range(NUM_IMAGES), 200]


def test_a_models_classes_keep_their_numbers(folder, kind):
    """A folder with some of them, as a run of all reads it."""
    spec = DataSpec((8, 8, 3), 256, 3, ("0", "a", "b"))
    config = DataConfig(name=f"image_folder:{folder}", image_size=8)
    data = config.load(0, spec)
    assert data.spec == spec
    values, labels = examples(data.source, "train")
    np.testing.assert_array_equal(labels, np.array(values) % 2 + 1)


def test_a_class_that_the_model_does_not_know(folder):
    spec = DataSpec((8, 8, 3), 256, 2, ("a", "c"))
    config = DataConfig(name=f"image_folder:{folder}", image_size=8)
    with pytest.raises(
        UserError,
        match=r": has a class b; expected those .* trained on, a, c\.$",
    ):
        config.load(0, spec)


def test_the_digest_is_of_pixels_and_not_of_places(folder, kind, tmp_path):
    before = load(folder)
    moved = tmp_path / "moved"
    moved.mkdir()
    for c in "ab":
        (folder / c).rename(moved / c)
    after = load(moved)
    assert before.digest("test") == after.digest("test")
    save(moved / "a" / "048.png", 99)  # the one of the test split
    assert before.digest("test") != load(moved).digest("test")

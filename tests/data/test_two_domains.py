import logging

import numpy as np
import pytest
from PIL import Image

from tfgen.config import Field, TrainConfig
from tfgen.data import prepare
from tfgen.data import source as source_lib
from tfgen.data.settings import DataConfig, TwoDomainDataConfig
from tfgen.errors import UserError

COUNT, SIDE = 90, 8
TRAIN = TrainConfig(batch_size=6, steps=24, steps_per_call=24)


def picture(i):
    """Pixels that no other number has, and no mirror image."""
    random = np.random.default_rng(i)
    return random.integers(0, 128, (SIDE, SIDE, 3), np.uint8)


def save(path, *pictures):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.hstack(pictures)).save(path)


@pytest.fixture
def root(tmp_path):
    """Pairs are a picture and the same, brighter by 100."""
    for i in range(COUNT):
        a, b = picture(i), picture(i) + 100
        save(tmp_path / "A" / f"{i:02}.png", a)
        save(tmp_path / "B" / f"{i:02}.bmp", b)
        save(tmp_path / "both" / f"{i:02}.png", a, b)
        split = "train" if i < 70 else "test"
        save(tmp_path / f"apart/{split}A" / f"{i:02}.png", a)
        if i != 80:
            save(tmp_path / f"apart/{split}B" / f"{i:02}.png", b)
    return tmp_path


@pytest.fixture(params=["memory", "stream"])
def kind(request, monkeypatch):
    if request.param == "stream":
        monkeypatch.setattr(source_lib, "MEMORY_BUDGET", 0)


def load(name, image_size=SIDE, **settings):
    config = TwoDomainDataConfig(name, image_size=image_size, **settings)
    return config.load(seed=0)


def train(data):
    (batch,) = data.train_batches(TRAIN, {}).as_numpy_iterator()
    return [batch[name].reshape(-1, *batch[name].shape[2:]) for name in "xy"]


def held_out(data, split="test"):
    (batch,) = data.eval_batches(split, TRAIN).as_numpy_iterator()
    return [batch[name] for name in "xy"]


def names(root):
    return f"paired:{root}/A,{root}/B", f"paired:{root}/both"


@pytest.mark.parametrize("side_by_side", [False, True])
def test_pairs_stay_together(root, kind, side_by_side):
    data = load(names(root)[side_by_side])
    for x, y in (train(data), held_out(data)):
        np.testing.assert_array_equal(x + 100, y)
    assert data.spec.shape == (SIDE, SIDE, 3) and data.spec.levels == 256
    assert data.spec.fields == (Field("y", (SIDE, SIDE, 3), 256),)


def test_both_ways_to_store_pairs_are_the_same_data(root):
    apart, together = map(load, names(root))
    for split in ("train", "validation", "test"):
        assert apart.digest(split) == together.digest(split)


def test_direction(root, kind):
    data = load(names(root)[0], direction="b_to_a")
    for x, y in (train(data), held_out(data)):
        np.testing.assert_array_equal(x - 100, y)


def test_flips_and_crops_of_a_pair_are_joint(root, kind):
    data = load(names(root)[0], SIDE - 2, crop_margin=2, flip=True)
    x, y = train(data)
    assert x.shape[1:] == (SIDE - 2, SIDE - 2, 3)
    np.testing.assert_array_equal(x + 100, y)
    windows = {
        window.tobytes()
        for i in range(COUNT)
        for way in (1, -1)
        for top in range(3)
        for left in range(3)
        for window in [
            picture(i)[:, ::way].astype(np.float32)[
                top : top + SIDE - 2, left : left + SIDE - 2
            ]
        ]
    }
    seen = {image.tobytes() for image in x}
    assert seen <= windows
    assert len(seen) > data.size("train")  # more than one of a picture
    x, y = held_out(data)
    np.testing.assert_array_equal(x + 100, y)
    centres = {picture(i)[1:-1, 1:-1].tobytes() for i in range(COUNT)}
    assert {image.astype(np.uint8).tobytes() for image in x} <= centres


def test_unpaired_training_sees_no_pair_and_measures_pairs(root, kind):
    data = load(names(root)[0], unpaired=True)
    x, y = train(data)
    of_x = {image.tobytes() for image in x}
    of_y = {(image - 100).tobytes() for image in y}
    size = data.size("train")
    assert len(of_x) == size and abs(len(of_y) - size) <= 1
    assert of_x.isdisjoint(of_y)
    x, y = held_out(data)
    np.testing.assert_array_equal(x + 100, y)
    assert data.spec.fields[0].paired == "held_out"


def test_two_domains_without_pairs(root, kind, caplog):
    caplog.set_level(logging.WARNING)
    data = load(f"unpaired:{root}/apart")
    x, y = held_out(data)
    assert len(x) == len(y) == 19
    assert "20 examples of the first and 19 of the second" in caplog.text
    assert data.spec.fields[0].paired == "never"
    trained_on, _ = train(data)
    assert {image.tobytes() for image in trained_on}.isdisjoint(
        image.tobytes() for image in x
    )
    assert (y >= 100).all() and (x < 128).all()


@pytest.mark.parametrize("kind_of_pairs", ["paired", "unpaired"])
def test_few_examples_to_learn_from(root, kind_of_pairs):
    where = {"paired": names(root)[0], "unpaired": f"unpaired:{root}/apart"}
    data = load(where[kind_of_pairs], train_examples=10)
    x, y = train(data)
    assert len({image.tobytes() for image in x}) == 10
    assert len({image.tobytes() for image in y}) == 10


def test_a_cut_run_sees_the_same_batches(root):
    data = load(names(root)[0], unpaired=True)
    config = TrainConfig(batch_size=6, steps=24, steps_per_call=9)
    parts = list(data.train_batches(config, {}, 5).as_numpy_iterator())
    for name, whole in zip("xy", train(data)):
        rest = np.concatenate([np.concatenate(part[name]) for part in parts])
        np.testing.assert_array_equal(rest, whole[5 * 6 :])


def test_domains_of_two_sizes(root):
    data = load(names(root)[0], 4, y_size=8)
    x, y = train(data)
    assert x.shape[1:] == (4, 4, 3) and y.shape[1:] == (8, 8, 3)


def test_jitter_of_a_pair_is_joint(root, kind):
    """One of both is brighter; what is done to it depends on no picture."""
    data = load(f"paired:{root}/A,{root}/A", jitter=0.5)
    x, y = train(data)
    np.testing.assert_array_equal(x, y)
    assert x.min() >= 0 and x.max() <= 255
    np.testing.assert_array_equal(x, np.round(x))
    plain, _ = train(load(f"paired:{root}/A,{root}/A"))
    changed = (x != plain).any((1, 2, 3))
    assert changed.mean() > 0.9
    steps = x.mean((1, 2, 3)) - plain.mean((1, 2, 3))
    assert steps.min() < -10 and steps.max() > 10
    for held in zip(
        held_out(data), held_out(load(f"paired:{root}/A,{root}/A"))
    ):
        np.testing.assert_array_equal(*held)


@pytest.mark.parametrize("direction", ["a_to_b", "b_to_a"])
def test_jitter_of_frames_is_joint(direction):
    """White and a colour are each one number in all three frames of a row."""
    settings = {"direction": direction, "num_examples": 200}
    plain = train(load("moving_scenes", 16, **settings))
    changed = train(load("moving_scenes", 16, jitter=0.5, **settings))
    before, after = (np.concatenate(both, axis=-1) for both in (plain, changed))
    for row, made in zip(before, after):
        frames = [part.reshape(-1, 3, 3) for part in (row, made)]
        colours, which = np.unique(
            frames[0].reshape(-1, 3), axis=0, return_inverse=True
        )
        seen = frames[1].reshape(-1, 3)
        assert len(colours) == 2
        for i in range(2):
            assert len(np.unique(seen[which.reshape(-1) == i], axis=0)) == 1
    assert (before != after).any()


def test_jitter_of_frames_that_are_alone():
    settings = {"num_examples": 200, "jitter": 0.5, "unpaired": True}
    load("moving_scenes", 16, **settings)
    with pytest.raises(UserError, match="^data.jitter=0.5: y holds frames"):
        load("moving_scenes", 16, direction="b_to_a", **settings)


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"name": "paired:{}/A,"}, "expected two folders, A,B, or one folder"),
        ({"name": "unpaired:{0}/A,{0}/B,{0}/C"}, "expected two folders"),
        ({"name": "paired:{0}/A,{0}/none"}, "expected the path of a folder"),
        ({"name": "digits"}, "data=digits: has one domain; expected two"),
        ({"name": "digits", "crop_margin": 2}, "data.crop_margin=2: expected"),
    ],
)
def test_errors(root, settings, message):
    settings = {**settings, "name": settings["name"].format(root)}
    with pytest.raises(UserError, match=message):
        TwoDomainDataConfig(**settings).load(seed=0)


def test_a_file_without_a_partner(root, caplog):
    (root / "B" / "07.bmp").unlink()
    name = names(root)[0]
    with pytest.raises(UserError, match="07 has no partner.*found 89 pairs"):
        load(name)
    data = load(name, skip_bad_records=True)
    assert sum(map(data.size, ("train", "validation", "test"))) == COUNT - 1
    assert "left out 1 images without a partner, such as 07" in caplog.text
    np.testing.assert_array_equal(held_out(data)[0] + 100, held_out(data)[1])


def wide(root, *numbers, width=14):
    """A is wider than B, which shows its right part."""
    for i in numbers:
        random = np.random.default_rng(i)
        pixels = random.integers(0, 256, (SIDE, width, 3), np.uint8)
        save(root / "A" / f"{i:02}.png", pixels)
        save(root / "B" / f"{i:02}.bmp", pixels[:, -SIDE:])


def test_a_pair_of_two_aspect_ratios(root, kind, caplog):
    """The squares of their centres would show two places."""
    wide(root, 7, 8)
    name = names(root)[0]
    message = (
        f"{root}/A/07.png has 14 x 8 pixels, {root}/B/07.bmp has 8 x 8"
        " pixels, and 2 of 90 pairs differ so; expected pictures of one aspect"
    )
    with pytest.raises(UserError, match=message):
        load(name)
    data = load(name, skip_bad_records=True)
    assert sum(map(data.size, ("train", "validation", "test"))) == COUNT - 2
    assert (
        "left out 2 pairs of two aspect ratios, such as 07.png" in caplog.text
    )
    for x, y in (train(data), held_out(data)):
        np.testing.assert_array_equal(x + 100, y)


def test_most_pairs_have_one_aspect_ratio(root):
    wide(root, *range(46))
    with pytest.raises(
        UserError, match="46 of 90 pairs .* at most half of them"
    ):
        load(names(root)[0], skip_bad_records=True)


@pytest.mark.parametrize(
    "size, alike",
    [((28, 16), True), ((27, 16), True), ((1400, 780), True), ((8, 8), False)]
    # Turned, and cut by more than rounding does.
    + [((8, 14), False), ((24, 16), False), ((1400, 700), False)],
)
def test_sizes_of_one_aspect_ratio(tmp_path, size, alike):
    """Other sizes may be; sides are rounded to whole pixels."""
    (tmp_path / "B").mkdir()
    for i in range(COUNT):
        save(tmp_path / "A" / f"{i}.png", np.zeros((8, 14), np.uint8))
        Image.new("L", size if i == 3 else (14, 8)).save(
            tmp_path / "B" / f"{i}.png"
        )
    try:
        load(f"paired:{tmp_path}/A,{tmp_path}/B")
    except UserError:
        assert not alike
    else:
        assert alike


def test_a_turned_file_and_its_partner(root):
    """Upright sizes count, as the picture is read."""
    wide(root, 3, width=8)
    pixels = np.zeros((14, 8, 3), np.uint8)
    save(root / "B" / "03.bmp", pixels)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels.transpose(1, 0, 2)).save(
        root / "A" / "03.png", exif=exif
    )
    data = load(names(root)[0])
    found = sum(map(data.size, ("train", "validation", "test")))
    assert found == len(list((root / "A").iterdir()))


def test_two_files_of_one_name(root):
    save(root / "A" / "03.bmp", picture(3))
    with pytest.raises(UserError, match="have one name"):
        load(names(root)[0])


def test_half_of_an_odd_picture(root):
    save(root / "both" / "00.png", picture(0), picture(0)[:, 1:])
    with pytest.raises(UserError, match="00.png: 15 pixels wide; expected"):
        load(names(root)[1])


def test_other_models_are_pointed_to_one_domain(root):
    with pytest.raises(UserError, match="is for models that translate"):
        DataConfig(names(root)[0]).load(seed=0)


def test_records_hold_pairs(root, tmp_path):
    """To the bit, and with the same settings of how to train on them."""
    name, folder = names(root)[0], tmp_path / "records"
    prepare.prepare(TwoDomainDataConfig(name, image_size=SIDE), 0, folder, 30)
    for settings in ({}, {"direction": "b_to_a"}, {"unpaired": True}):
        found, expected = (
            load(f"records:{folder}", **settings),
            load(name, **settings),
        )
        assert found.spec == expected.spec
        for a, b in zip(train(found), train(expected)):
            np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(held_out(found), held_out(expected))
    for settings, message in (
        ({"crop_margin": 2}, "^data.crop_margin=2: records are cut before"),
        ({"flip": True}, "^data.flip: says how to train"),
    ):
        config = TwoDomainDataConfig(name, **settings)
        with pytest.raises(UserError, match=message):
            prepare.prepare(config, 0, folder)


def test_records_of_two_domains_without_pairs(root, tmp_path):
    with pytest.raises(UserError, match="prepare each folder by itself, with"):
        where = f"unpaired:{root}/apart"
        prepare.prepare(TwoDomainDataConfig(where), 0, tmp_path)
    folders = []
    for letter in "AB":
        config = DataConfig(f"image_folder:{root}/{letter}", image_size=SIDE)
        folders.append(f"{tmp_path}/{letter}.records")
        prepare.prepare(config, 0, tmp_path / f"{letter}.records", 30)
    found = load(f"unpaired:{','.join(folders)}")
    expected = load(f"unpaired:{root}/A,{root}/B")
    for a, b in zip(train(found), train(expected)):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(UserError, match="^data.crop_margin=2: records are not"):
        load(f"unpaired:{','.join(folders)}", crop_margin=2)

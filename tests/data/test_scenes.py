"""Scenes against what the judge reads off their pictures."""

import numpy as np
import pytest

from tfgen.data import catalog, scenes, shapes
from tfgen.data.settings import DataConfig
from tfgen.data.source import SPLITS
from tfgen.errors import UserError
from tfgen.measures.scene_judge import judge


def load(name, n=2000, side=16, seed=0):
    return catalog.load(DataConfig(name, num_examples=n, image_size=side), seed)


@pytest.mark.parametrize("name", catalog.SCENES)
def test_splits_share_no_scene(name):
    """And the same seed draws the same, another seed others."""
    a, b, c = load(name), load(name), load(name, seed=1)
    assert a.sizes == {"train": 1600, "validation": 200, "test": 200}
    seen = []
    for split in SPLITS:
        x = a.splits[split]["x"]
        np.testing.assert_array_equal(x, b.splits[split]["x"])
        assert (x != c.splits[split]["x"]).any((1, 2, 3)).mean() > 0.9
        assert x.dtype == np.uint8
        seen.append({picture.tobytes() for picture in x})
    assert sum(map(len, seen)) == len(set.union(*seen))


def test_all_shapes_differ():
    every = shapes.every()
    assert len(every.kind) == 3 * (12**2 + 10**2 + 8**2)
    for side in (16, 32):
        for outlined in (False, True):
            masks = shapes.masks(side, outlined)
            assert len(np.unique(masks, axis=0)) == len(masks)
    i = every.number[0, 7, 3, 9]
    expected = np.zeros((16, 16), bool)
    expected[3:10, 9:16] = True
    np.testing.assert_array_equal(shapes.masks(16)[i], expected)
    expected[4:9, 10:15] = False
    np.testing.assert_array_equal(shapes.masks(16, True)[i], expected)


def test_colour_follows_from_the_kind_and_nothing_is_equally_frequent():
    source = load("scenes", 10_000)
    train = source.splits["train"]
    x, y = judge(train["x"], outlined=True), judge(train["y"])
    np.testing.assert_array_equal(x.shape, y.shape)
    np.testing.assert_array_equal(y.colour, y.attribute("kind"))
    for counts in (
        np.bincount(y.colour),
        np.bincount(y.attribute("size"))[5::2],
    ):
        assert counts[0] > 1.3 * counts[1] > 1.3**2 * counts[2]
    # A turn or a mirror would be seen.
    across = y.attribute("left") + y.attribute("size") / 2 - 8
    down = y.attribute("top") + y.attribute("size") / 2 - 8
    assert across.mean() > 1.3 * down.mean() > 0


def test_two_colours_are_equally_likely_whatever_x_is():
    train = load("two_coloured_scenes", 10_000).splits["train"]
    y = judge(train["y"])
    for kind in range(3):
        counts = np.bincount(y.colour[y.attribute("kind") == kind])
        assert counts[1] == 0
        assert abs(counts[0] / counts.sum() - 0.5) < 0.05


@pytest.mark.parametrize("side", [16, 32])
def test_the_third_frame_is_one_of_two_futures(side):
    train = load("moving_scenes", side=side).splits["train"]
    assert train["x"].shape[1:] == (side, side, 6)
    first, last = judge(train["x"][..., :3]), judge(train["x"][..., 3:])
    y = judge(train["y"])
    np.testing.assert_array_equal(first.colour, y.colour)
    np.testing.assert_array_equal(last.colour, y.colour)
    futures = scenes.futures(first.shape, last.shape)
    assert (futures >= 0).all()
    is_future = futures == y.shape
    np.testing.assert_array_equal(is_future.sum(0), 1)
    assert abs(is_future[0].mean() - 0.5) < 0.05
    # Neither lies on the other: their mean shows two ghosts.
    masks = shapes.masks(side)
    assert not (masks[futures[0]] & masks[futures[1]]).any()


def test_captions_say_what_is_seen():
    source = load("captioned_scenes")
    (field,) = source.spec.fields
    assert field.names == scenes.WORDS
    for split in SPLITS:
        columns = source.splits[split]
        seen, words = judge(columns["x"]), columns["attributes"].astype(bool)
        np.testing.assert_array_equal(words.sum(1), 5)
        size = np.where(words[:, 0], 5, 9)
        np.testing.assert_array_equal(seen.attribute("size"), size)
        np.testing.assert_array_equal(seen.colour, words[:, 2:6].argmax(1))
        kind = words[:, 6:9].argmax(1)
        np.testing.assert_array_equal(seen.attribute("kind"), kind)
        for axis, word in (("top", 9), ("left", 11)):
            before = seen.attribute(axis) + size / 2 < 8
            np.testing.assert_array_equal(words[:, word], before)
            np.testing.assert_array_equal(words[:, word + 1], ~before)


def test_combinations_of_the_test_split_are_unseen():
    train, _, test = (
        {row.tobytes() for row in split["attributes"]}
        for split in load("captioned_scenes", 10_000).splits.values()
    )
    assert len(train) == 80
    assert len(test) == 16
    assert not train & test


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"side": 24}, r"image_size=24: expected 16, 32, 64, of scenes"),
        ({"n": 9}, r"num_examples=9: expected at least 10"),
    ],
)
def test_what_cannot_be_drawn(settings, message):
    with pytest.raises(UserError, match=message):
        load("scenes", **settings)

"""Drawn sprites: factors against what is measured in the images."""

import numpy as np
import pytest

from tfgen.data import catalog, sprites
from tfgen.data.settings import DataConfig
from tfgen.data.source import SPLITS
from tfgen.errors import UserError


def load(n=2000, side=16, seed=0, **settings):
    config = DataConfig("sprites", num_examples=n, image_size=side, **settings)
    return catalog.load(config, seed)


def column(split, name):
    return split["factors"][:, list(sprites.FACTORS).index(name)]


def test_facts():
    source = load()
    assert source.spec.shape == (16, 16, 1)
    assert source.spec.levels == 256
    assert source.spec.labels == ("square", "ellipse", "triangle")
    (field,) = source.spec.fields
    assert field.names == ("size", "angle", "place_x", "place_y", "gray")
    assert source.sizes == {"train": 1600, "validation": 200, "test": 200}
    train = source.splits["train"]
    assert train["x"].dtype == np.uint8
    assert np.bincount(train["label"]).min() > 400
    counts = [len(np.unique(f)) for f in train["factors"].T]
    assert counts == list(sprites.FACTORS.values())
    assert (train["factors"].min(0) == 0).all()


def test_splits_share_no_combination():
    """Not even when every combination is there."""
    splits = load(36_864, 8, binarize=128).splits.values()
    rows = np.concatenate(
        [np.column_stack([s["label"], s["factors"]]) for s in splits]
    )
    assert len(np.unique(rows, axis=0)) == 36_864 == 3 * 6 * 8 * 16 * 16


def test_the_seed_says_which_combinations():
    a, b, c = load(), load(), load(seed=1)
    for split in SPLITS:
        for name in ("x", "label", "factors"):
            one = a.splits[split][name]
            np.testing.assert_array_equal(one, b.splits[split][name])
        other = c.splits[split]["factors"]
        assert (a.splits[split]["factors"] != other).any(1).mean() > 0.9


@pytest.mark.parametrize("side, tolerance", [(8, 0.12), (16, 0.03), (64, 0.01)])
def test_images_are_what_the_factors_say(side, tolerance):
    """Area, centre and light, without aliasing, at every size."""
    train = load(side=side).splits["train"]
    x = train["x"][..., 0] / 255.0
    light = (column(train, "gray") + 1) / 4
    radius = side * (0.14 + 0.14 * column(train, "size") / 5)
    share = np.array([2, np.pi / 2, 27**0.5 / 4])[train["label"]]
    area = x.sum((1, 2)) / light
    # Corners are blunt where a pixel is large beside the shape.
    assert np.abs(area / (share * radius**2) - 1).mean() < tolerance
    pixel = np.arange(side) + 0.5
    weight = x.sum((1, 2))
    for name, axis in (("place_x", 1), ("place_y", 2)):
        centre = x.sum(axis) @ pixel / weight
        expected = side * (0.3 + 0.4 * column(train, name) / 15)
        off = np.abs(centre - expected)
        # A triangle that turns has the same centre.
        assert off.mean() < 0.05
        assert off.max() < 0.5
    brightest = x.max((1, 2))
    assert (brightest <= light + 1e-2).all()
    large = radius > 3
    assert np.abs(brightest - light)[large].max(initial=0) < 1e-2
    # Edges have shades.
    shades = (x > 0.1 * light[:, None, None]) & (x < 0.9 * light[:, None, None])
    assert shades.any((1, 2)).mean() > 0.9


def test_angles_are_those_of_the_longer_axis():
    train = load(side=64).splits["train"]
    of_ellipses = train["label"] == 1
    x = train["x"][of_ellipses, ..., 0].astype(float)
    angle = column(train, "angle")[of_ellipses] * np.pi / 16
    pixel = np.arange(64) + 0.5
    x /= x.sum((1, 2), keepdims=True)
    across = pixel - (x.sum(1) @ pixel)[:, None]
    down = pixel - (x.sum(2) @ pixel)[:, None]
    both = np.einsum("nij,ni,nj->n", x, down, across)
    difference = np.einsum("nij,nj->n", x, across**2) - np.einsum(
        "nij,ni->n", x, down**2
    )
    found = np.arctan2(2 * both, difference) / 2 % np.pi
    gap = np.abs(found - angle)
    assert np.minimum(gap, np.pi - gap).max() < 0.02


def test_binarized_sprites_are_white():
    source = load(side=64, binarize=128)
    (field,) = source.spec.fields
    assert field.names == ("size", "angle", "place_x", "place_y")
    area = source.splits["train"]["x"].mean((1, 2, 3)) / 255
    radius = 0.14 + 0.14 * column(source.splits["train"], "size") / 5
    assert (area > 1.2 * radius**2).all()


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"side": 7}, r"data\.image_size=7: expected 8 to 64"),
        ({"side": 65}, r"data\.image_size=65: expected 8 to 64"),
        ({"n": 9}, r"data\.num_examples=9: expected 10 to 147,456"),
        ({"n": 36_865, "binarize": 1}, r"num_examples=36865.* 36,864"),
    ],
)
def test_what_cannot_be_drawn(settings, message):
    with pytest.raises(UserError, match=message):
        load(**settings)

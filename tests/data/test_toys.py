import numpy as np
import pytest

from tfgen.data import catalog, toys
from tfgen.data.settings import DataConfig
from tfgen.data.source import SPLITS
from tfgen.errors import UserError

CLASSES = {
    "moons": 2,
    "rings": 4,
    "eight_gaussians": 8,
    "checkerboard": 8,
    "spirals": 2,
    "grid_gaussians": 25,
    "parabola": 2,
    "energy_1": 2,
    "energy_2": 2,
    "energy_3": 2,
    "energy_4": 2,
}
LARGEST = {"parabola": 25, "energy_2": 6, "energy_3": 6, "energy_4": 6.5}


def draw(name, n=2000, seed=0):
    return catalog.load(DataConfig(name=name, num_examples=n), seed)


def test_every_toy_is_tested():
    assert set(CLASSES) == set(catalog.TOYS)


@pytest.mark.parametrize("name", CLASSES)
def test_facts(name):
    source = draw(name)
    assert source.spec.shape == (2,)
    assert source.spec.levels == 0
    assert source.spec.num_classes == CLASSES[name]
    assert source.sizes == {"train": 1600, "validation": 200, "test": 200}
    for split in source.splits.values():
        assert split["x"].dtype == np.float32
        assert split["label"].dtype == np.int32
        assert abs(split["x"]).max() < LARGEST.get(name, 5)
    labels = source.splits["train"]["label"]
    share = np.bincount(labels, minlength=CLASSES[name]) / len(labels)
    # Five standard errors.
    p = 1 / CLASSES[name]
    assert abs(share - p).max() < 5 * (p * (1 - p) / len(labels)) ** 0.5


@pytest.mark.parametrize("name", CLASSES)
def test_seed(name):
    a, b, c = draw(name), draw(name), draw(name, seed=1)
    for split in SPLITS:
        for key in ("x", "label"):
            np.testing.assert_array_equal(
                a.splits[split][key], b.splits[split][key]
            )
        assert (a.splits[split]["x"] != c.splits[split]["x"]).mean() > 0.99


@pytest.mark.parametrize("name", CLASSES)
def test_splits_are_disjoint(name):
    source = draw(name)
    points = np.concatenate([source.splits[s]["x"] for s in SPLITS])
    assert len(np.unique(points, axis=0)) == 2000


@pytest.mark.parametrize("n", [10, 11, 19, 101])
def test_sizes_add_up(n):
    sizes = draw("moons", n).sizes
    assert sum(sizes.values()) == n
    assert min(sizes.values()) >= 1


def test_rings_have_their_radii():
    train = draw("rings").splits["train"]
    radius = np.linalg.norm(train["x"], axis=1)
    assert abs(radius - toys.RING_RADII[train["label"]]).max() < 5 * 0.08


@pytest.mark.parametrize(
    "name, centers, stddev",
    [
        ("eight_gaussians", toys.EIGHT_CENTERS, toys.EIGHT_STDDEV),
        ("grid_gaussians", toys.GRID_CENTERS, toys.GRID_STDDEV),
    ],
)
def test_mixtures_have_their_centers(name, centers, stddev):
    train = draw(name).splits["train"]
    noise = (train["x"] - centers[train["label"]]) / stddev
    assert abs(noise.mean()) < 0.1
    assert abs(noise.std() - 1) < 0.1


def test_checkerboard_fills_the_dark_squares():
    train = draw("checkerboard").splits["train"]
    squares = np.floor(train["x"]).astype(int)
    assert (squares.sum(axis=1) % 2 == 0).all()
    assert len(np.unique(squares, axis=0)) == 8
    assert (squares.min(), squares.max()) == (-2, 1)


def test_moons_and_spirals_arms_are_apart():
    for name in ("moons", "spirals"):
        train = draw(name, 500).splits["train"]
        x, label = train["x"], train["label"]
        distance = np.linalg.norm(x[:, None] - x[None], axis=2)
        np.fill_diagonal(distance, np.inf)
        assert (label[distance.argmin(axis=1)] == label).mean() > 0.97


def test_too_few():
    with pytest.raises(
        UserError, match=r"data\.num_examples=9: expected at least 10"
    ):
        draw("moons", 9)

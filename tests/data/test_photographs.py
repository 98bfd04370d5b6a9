import hashlib

import numpy as np
import pytest
from sklearn import datasets

from tfgen.config import DataSpec
from tfgen.data import photographs
from tfgen.data.source import SPLITS


@pytest.fixture(scope="module")
def source():
    return photographs.load()


def test_facts(source):
    assert source.spec == DataSpec((32, 32, 3), 256, 2, ("china", "flower"))
    # 96 + 12 + 12 tiles, of 10 x 9 patches each.
    assert source.sizes == {"train": 8640, "validation": 1080, "test": 1080}
    for split in SPLITS:
        x, label = source.splits[split]["x"], source.splits[split]["label"]
        assert (x.dtype, x.shape[1:]) == (np.uint8, (32, 32, 3))
        assert label.dtype == np.int32
        assert np.bincount(label).tolist() == [len(x) / 2] * 2


@pytest.fixture(scope="module")
def places():
    """The patches of photographs whose values are places, not colours."""
    pixels = np.arange(427 * 640).reshape(427, 640, 1) + [0, 0, 0]
    images = datasets.load_sample_images()
    images.images = [pixels, pixels + 427 * 640]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datasets, "load_sample_images", lambda: images)
        return photographs.load()


def test_no_pixel_is_in_two_splits(places):
    seen = [set(s["x"].ravel().tolist()) for s in places.splits.values()]
    assert len(set.union(*seen)) == sum(map(len, seen)) > 450_000


def test_patches_are_cut_from_their_photograph(source):
    china, flower = datasets.load_sample_images().images
    for photograph, name in ((china, 0), (flower, 1)):
        train = source.splits["train"]
        patch = train["x"][train["label"] == name][5]
        view = np.lib.stride_tricks.sliding_window_view
        rows = view(photograph, (32, 32), (0, 1))[:, :, :, 0, 0]
        corners = np.argwhere((rows == patch[0, 0]).all(axis=-1))
        assert any(
            (photograph[i : i + 32, j : j + 32] == patch).all()
            for i, j in corners
        )
        assert patch.std() > 0


def test_split_never_changes(places):
    """Whatever a decoder makes of colours."""
    digest = hashlib.sha256()
    for split in SPLITS:
        digest.update(places.splits[split]["x"].astype("<i8").tobytes())
    assert digest.hexdigest()[:16] == "29a987357a0fb1b5"

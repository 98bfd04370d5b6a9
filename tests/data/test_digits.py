import hashlib

import numpy as np
import pytest

from tfgen.config import DataSpec
from tfgen.data import digits
from tfgen.data.source import SPLITS


@pytest.fixture(scope="module")
def source():
    return digits.load()


def test_facts(source):
    assert source.spec == DataSpec((8, 8, 1), levels=17, num_classes=10)
    assert source.sizes == {"train": 1437, "validation": 180, "test": 180}
    x = np.concatenate([source.splits[s]["x"] for s in SPLITS])
    label = np.concatenate([source.splits[s]["label"] for s in SPLITS])
    assert x.dtype == np.uint8
    assert label.dtype == np.int32
    assert x.shape == (1797, 8, 8, 1)
    assert (x.min(), x.max()) == (0, 16)
    assert np.bincount(label).tolist() == [
        178, 182, 177, 183, 181, 182, 181, 179, 174, 180
    ]  # fmt: skip


def test_split_is_disjoint(source):
    rows = {
        split: {x.tobytes() for x in source.splits[split]["x"]}
        for split in SPLITS
    }
    # No digit occurs twice in the file.
    assert sum(map(len, rows.values())) == 1797
    assert len(set.union(*rows.values())) == 1797


def test_split_never_changes(source):
    digest = hashlib.sha256()
    for split in SPLITS:
        digest.update(source.splits[split]["x"].tobytes())
        digest.update(source.splits[split]["label"].astype("<i4").tobytes())
    assert digest.hexdigest()[:16] == "7f3233e69ba91944"


def test_every_split_has_its_share_of_every_class(source):
    for split in SPLITS:
        counts = np.bincount(source.splits[split]["label"])
        share = source.sizes[split] / 1797
        expected = share * np.array(
            [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
        )
        assert abs(counts - expected).max() <= 1

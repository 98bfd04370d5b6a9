"""Names of classes where files name them: folders, and numbers in arrays."""

import numpy as np
import pytest

from tfgen.config import DataSpec
from tfgen.data.settings import DataConfig
from tfgen.scoring import inputs, samples

X = np.zeros((3, 2, 2, 1), np.float32)
LABEL = np.arange(3, dtype=np.int32)


def spec(*labels):
    return DataSpec((2, 2, 1), 16, len(labels), labels)


@pytest.mark.parametrize(
    "labels, folders",
    [
        (["N/A", "../x", "N-A"], ["N-A-2", "-x", "N-A"]),
        (["", "..", "/etc"], ["-", "--2", "-etc"]),
        (["a/b", "a\\b", "a\0b"], ["a-b", "a-b-2", "a-b-3"]),
        ([".hidden", "é", "x" * 300], ["hidden", "é", "x" * 60]),
    ],
)
def test_folders_of_classes(tmp_path, caplog, labels, folders):
    """All are folders of their own, and in the output."""
    samples.write(
        tmp_path / "in" / "out",
        X,
        {"label": LABEL},
        spec(*labels),
        DataConfig(),
    )
    paths = tmp_path.glob("**/*.png")
    assert sorted(str(p.relative_to(tmp_path)) for p in paths) == sorted(
        f"in/out/{folder}/{i}.png" for i, folder in enumerate(folders)
    )
    (line,) = caplog.messages
    assert f"{labels[0]!r} in {folders[0]!r}" in line
    assert all(repr(x) not in line for x in labels if x in folders)


def test_names_that_fit_are_kept(tmp_path, caplog):
    labels = ["a b", "c:d", "3"]
    samples.write(tmp_path, X, {"label": LABEL}, spec(*labels), DataConfig())
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(labels)
    assert not caplog.messages


def test_numbers_that_are_names(tmp_path):
    """Samples have the labels of the files that a model was trained on."""
    path = tmp_path / "x.npz"
    samples.write(path, X, {"label": LABEL}, spec("1", "2", "10"), DataConfig())
    with np.load(path) as found:
        assert found["label"].tolist() == [1, 2, 10]
    np.savez(path, x=X[[0] * 4], label=[10, 0, 1, 11])
    (source,) = inputs.sources(
        [str(path)], spec("1", "2", "10"), conditions=["label"]
    )
    (block,) = source.blocks(0)
    assert block.good["label"].tolist() == [2, 0]
    why = "has a label that is not one of 1, 2, 10"
    assert block.bad == {1: why, 3: why}

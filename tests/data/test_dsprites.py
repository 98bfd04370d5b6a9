"""A small file in the format of dSprites."""

import numpy as np
import pytest

from tfgen.data import catalog, dsprites
from tfgen.data.settings import DataConfig
from tfgen.errors import UserError
from tfgen.run import Run

SIZES = (1, 3, 2, 4, 5, 5)


@pytest.fixture
def file(tmp_path):
    """As `numpy.savez_compressed` of its authors leaves it."""
    indices = np.indices(SIZES).reshape(6, -1).T
    count = np.arange(len(indices))
    imgs = (count[:, None] >> np.arange(16) & 1).reshape(-1, 4, 4)
    path = tmp_path / "dsprites.npz"
    np.savez_compressed(
        path,
        metadata=np.array({"latents_sizes": np.array(SIZES)}, object),
        imgs=imgs.astype(np.uint8),
        latents_classes=indices,
        latents_values=indices / np.array(SIZES),
    )
    return path


def load(path, n=10_000):
    config = DataConfig(f"dsprites:{path}", num_examples=n)
    return catalog.load(config, seed=0)


def numbers(split):
    """The place of each image in the file, by its pixels."""
    return split["x"].reshape(len(split["x"]), 16) @ (1 << np.arange(16))


def test_all_of_a_small_file(file, monkeypatch):
    monkeypatch.setattr(dsprites, "_CHUNK", 7)
    source = load(file)
    assert source.spec.shape == (4, 4, 1)
    assert source.spec.levels == 2
    assert source.spec.labels == ("square", "ellipse", "heart")
    (field,) = source.spec.fields
    assert field.names == ("scale", "orientation", "posX", "posY")
    assert source.sizes == {"train": 480, "validation": 60, "test": 60}
    found = np.concatenate([numbers(s) for s in source.splits.values()])
    assert sorted(found) == list(range(600))
    for split in source.splits.values():
        _, shape, *others = np.unravel_index(numbers(split), SIZES)
        np.testing.assert_array_equal(split["label"], shape)
        np.testing.assert_array_equal(split["factors"], np.transpose(others))


def test_some_of_it_and_what_is_left_out(file, caplog):
    with caplog.at_level("WARNING", "absl"):
        source = load(file, 100)
    assert sum(source.sizes.values()) == 100
    assert "500 are left out (data.num_examples)" in caplog.text
    label = np.concatenate([s["label"] for s in source.splits.values()])
    assert np.bincount(label).min() >= 33
    again = load(file, 100)
    for split, fields in source.splits.items():
        assert (fields["x"] == again.splits[split]["x"]).all()


def test_presets_for_drawn_sprites_take_it(file, tmp_path):
    """Whose gray levels these make two of; the file has two."""
    data = f"dsprites:{file}"
    run = Run.start(tmp_path / "run", "factor_vae", "sprites_64", data)
    assert run.config.spec.levels == 2
    x = run.data.source.splits["train"]["x"]
    assert set(np.unique(x)) == {0, 1}


def test_more_than_fits_in_memory(file, monkeypatch):
    monkeypatch.setattr(dsprites, "MEMORY_BUDGET", 1600)
    with pytest.raises(
        UserError, match="num_examples=600: expected at most 100 of"
    ):
        load(file)


def test_other_files(tmp_path, file):
    with pytest.raises(UserError, match="No such file"):
        load(tmp_path / "none.npz")
    np.savez(tmp_path / "other.npz", x=np.zeros((3, 4, 4)))
    damaged = tmp_path / "damaged.npz"
    content = bytearray(file.read_bytes())
    content[len(content) // 3 : len(content) // 2] = bytes(
        len(content) // 2 - len(content) // 3
    )
    damaged.write_bytes(content)
    gray = tmp_path / "gray.npz"
    classes = np.zeros((9, 6), int)
    np.savez(gray, imgs=np.full((9, 4, 4), 2), latents_classes=classes)
    for path in (tmp_path / "other.npz", damaged, gray):
        with pytest.raises(UserError, match=r"the \.npz file of dSprites \("):
            load(path)

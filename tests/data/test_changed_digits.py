import numpy as np
import pytest

from tfgen.data import catalog
from tfgen.data.changed_digits import inverted, textured, thinned, turned
from tfgen.data.settings import DataConfig
from tfgen.errors import UserError


@pytest.mark.parametrize("name", catalog.CHANGED_DIGITS)
def test_x_is_the_digits_and_y_has_their_levels(name):
    source, digits = (
        catalog.load(DataConfig(n), seed=0) for n in (name, "digits")
    )
    (y,) = source.spec.fields
    assert (y.name, y.shape, y.levels) == ("y", (8, 8, 1), 17)
    for split, columns in source.splits.items():
        for field in ("x", "label"):
            expected = digits.splits[split][field]
            np.testing.assert_array_equal(columns[field], expected)
        assert columns["y"].shape == columns["x"].shape
        assert columns["y"].dtype == np.uint8
        assert (columns["y"] != columns["x"]).any((1, 2, 3)).all()


def test_changes():
    x = np.array([[1, 2], [3, 4]], np.uint8)[None, ..., None]
    assert turned(x, 17)[0, ..., 0].tolist() == [[2, 4], [1, 3]]
    assert inverted(x, 17)[0, ..., 0].tolist() == [[15, 14], [13, 12]]
    stroke = np.zeros((1, 5, 5, 1), np.uint8)
    stroke[:, :, 1:4] = np.array([6, 16, 6])[:, None]
    thin = thinned(stroke, 17)
    assert thin[0, 2, :, 0].tolist() == [0, 0, 16, 0, 0]
    assert thinned(stroke[:, :, ::-1], 17).tolist() == thin.tolist()


def test_textures_hide_digits_but_the_data_are_the_same():
    """The waves alone, where nothing is written; then the same again."""
    x = np.zeros((3, 8, 8, 1), np.uint8)
    x[1, 3:5, 3:5] = 16
    y = textured(x, 17)
    np.testing.assert_array_equal(y, textured(x, 17))
    assert y[0].min() == 2 and y[0].max() == 10  # 16 * (0.35 +- 0.25)
    assert (y[0] != y[2]).any()
    assert y[1, 3:5, 3:5].mean() > y[0].max()


def test_of_other_digits(tmp_path):
    x = np.random.default_rng(0).integers(0, 256, (30, 4, 6), np.uint8)
    np.savez(tmp_path / "own.npz", x=x, label=np.arange(30) % 3)
    source = catalog.load(
        DataConfig(f"turned_digits:npz:{tmp_path}/own.npz"), 0
    )
    train = source.splits["train"]
    assert source.spec.num_classes == 3
    assert source.spec.fields[0].shape == (6, 4, 1)
    expected = train["x"][:, :, ::-1].transpose(0, 2, 1, 3)
    np.testing.assert_array_equal(train["y"], expected)


def test_points_cannot_be_turned():
    with pytest.raises(UserError, match=r"turned_digits:npz:PATH"):
        catalog.load(DataConfig("turned_digits:moons"), 0)

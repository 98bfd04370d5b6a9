import numpy as np
from PIL import Image

from tfgen.viz import pairs


def width(path):
    with Image.open(path) as picture:
        return picture.width


def test_a_picture_of_each_pair(tmp_path):
    random = np.random.default_rng(0)
    names = [f"column {i}" for i in range(10)]
    x = random.normal(size=(50, 10)) * 10.0 ** np.arange(-5, 5)
    path = pairs.pair_figure(tmp_path / "new" / "pairs.png", names, x, x + 1)
    side = (1.5 * pairs.MOST + 0.7) * 100
    assert abs(width(path) - side) < 2
    two = pairs.pair_figure(tmp_path / "b.png", names[:2], x[:, :2], x[:9, :2])
    assert abs(width(two) - 370) < 2

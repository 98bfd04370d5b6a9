import numpy as np
from PIL import Image

from tfgen.viz import plane


def test_figure_of_a_flow(tmp_path):
    """Four panels in a file; the density is asked for where it is drawn."""
    random = np.random.default_rng(0)
    data = random.uniform(-1, 1, (50, 2)).astype(np.float32)
    asked = []

    def log_prob(points):
        asked.append(points)
        return -0.5 * np.sum(points**2, axis=1)

    path = tmp_path / "new" / "plane.png"
    assert plane.plane_figure(path, data, -data, 2 * data, log_prob) == path
    (points,) = asked
    assert points.dtype == np.float32
    np.testing.assert_allclose(points.min(axis=0), data.min(axis=0) - 0.3)
    np.testing.assert_allclose(points.max(axis=0), data.max(axis=0) + 0.3)
    with Image.open(path) as written:
        assert written.format == "PNG"
        assert written.width > 3 * written.height
        pixels = np.asarray(written.convert("RGB"))
    for panel in np.array_split(pixels, 4, axis=1):
        assert len(np.unique(panel.reshape(-1, 3), axis=0)) > 10


def test_figure_of_a_game(tmp_path):
    """Two panels: no latents, no density."""
    data = np.random.default_rng(0).uniform(-1, 1, (50, 2))
    path = plane.plane_figure(tmp_path / "plane.png", data, -data)
    with Image.open(path) as written:
        assert 1.7 < written.width / written.height < 2.3

import matplotlib.figure
import numpy as np
from PIL import Image

from tfgen.viz import uniform


def test_bars_and_what_is_expected_of_them(monkeypatch, tmp_path):
    """400 numbers: a bar of 20 is 1 ± 2 sqrt(19 / 400)."""
    saved = []

    def save(self, path, **_):
        saved.append(self)
        path.touch()

    monkeypatch.setattr(matplotlib.figure.Figure, "savefig", save)
    u = (np.arange(400) + 0.5) / 400
    panels = {"right": u, "half": u / 2}
    uniform.uniform_histograms(tmp_path / "pit.png", panels)
    right, half = saved[0].axes
    bars = [axis.patches[0].get_data().values for axis in (right, half)]
    np.testing.assert_allclose(bars[0], 1)
    np.testing.assert_allclose(bars[1], [2] * 10 + [0] * 10)
    low, high = right.patches[1].get_bbox().intervaly
    np.testing.assert_allclose(
        [low, high], 1 + np.array([-2, 2]) * 0.2179, 1e-3
    )
    assert right.get_title() == "right"


def test_file(tmp_path):
    u = np.random.default_rng(0).random((50, 3))
    panels = {f"z[{d}]": u[:, d] for d in range(3)}
    path = uniform.uniform_histograms(tmp_path / "new" / "pit.png", panels)
    with Image.open(path) as written:
        assert written.width > 2 * written.height

import matplotlib.figure
import numpy as np
import pytest
from PIL import Image

from tfgen.viz import scores

PANELS = {
    "all": {"GAN": [0.0, 0.1, 0.2, 2.9], "EBGAN": [2.5, 3.0]},
    "up to 3 layers": {"GAN": [0.1], "EBGAN": []},
}


@pytest.fixture
def figure(monkeypatch, tmp_path):
    """The figure that is drawn of PANELS, with three bins."""
    saved = []

    def save(self, path, **_):
        saved.append(self)
        path.touch()

    monkeypatch.setattr(matplotlib.figure.Figure, "savefig", save)
    scores.score_histograms(tmp_path / "a.png", PANELS, bins=3)
    return saved[0]


def test_percent_of_each_family(figure):
    """Bins of all panels are [0, 1), [1, 2), [2, 3]."""
    heights = [
        [[bar.get_height() for bar in bars] for bars in axis.containers]
        for axis in figure.axes
    ]
    assert heights == [
        [[75, 0, 25], [0, 0, 100]],
        [[100, 0, 0], [0, 0, 0]],
    ]


def test_names_of_panels_and_families(figure):
    left, right = figure.axes
    assert [axis.get_title() for axis in (left, right)] == list(PANELS)
    names = [text.get_text() for text in left.get_legend().get_texts()]
    assert names == ["GAN (4)", "EBGAN (2)"]
    assert right.get_ylim() == left.get_ylim()


def test_file(tmp_path):
    path = scores.score_histograms(tmp_path / "new" / "scores.png", PANELS)
    assert path == tmp_path / "new" / "scores.png"
    with Image.open(path) as written:
        assert written.width > 2 * written.height
        assert len(np.unique(np.asarray(written.convert("L")))) > 10


def test_panels_in_rows(tmp_path):
    panels = {str(i): {"GAN": [0.0, i]} for i in range(1, 6)}
    wide = scores.score_histograms(tmp_path / "wide.png", panels, columns=5)
    high = scores.score_histograms(tmp_path / "high.png", panels, columns=2)
    with Image.open(wide) as a, Image.open(high) as b:
        assert (a.width / b.width, b.height / a.height) == (2.5, 3)

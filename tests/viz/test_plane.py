import numpy as np
from PIL import Image

from tfgen.viz import plane


def test_figure_of_a_flow(tmp_path):
    """Figure 1: both ways, with lines of meshes; and the density."""
    random = np.random.default_rng(0)
    data = random.uniform(-1, 1, (50, 2)).astype(np.float32)
    encoded, decoded, asked = [], [], []

    def record(calls, function):
        return lambda points: calls.append(points) or function(points)

    flow = plane.Map(
        random.standard_normal((40, 2)),
        record(encoded, lambda x: 2 * x),
        record(decoded, lambda z: z / 2),
    )
    log_prob = record(asked, lambda x: -0.5 * np.sum(x**2, axis=1))
    path = tmp_path / "new" / "plane.png"
    assert plane.plane_figure(path, data, -data[:40], flow, log_prob) == path
    (points,) = asked
    of_data, of_lines = encoded
    np.testing.assert_array_equal(of_data, data)
    # The density and the lines cover what is seen of the data.
    low, high = data.min(axis=0) - 0.3, data.max(axis=0) + 0.3
    for seen in (points, of_lines):
        assert seen.dtype == np.float32
        np.testing.assert_allclose(seen.min(axis=0), low, rtol=1e-6)
        np.testing.assert_allclose(seen.max(axis=0), high, rtol=1e-6)
    # Those of the latent space are straight: 15 each way.
    lines = decoded[0].reshape(30, 200, 2)
    assert np.ptp(lines[:15, :, 1], axis=1).max() == 0
    assert np.ptp(lines[15:, :, 0], axis=1).max() == 0
    with Image.open(path) as written:
        assert written.format == "PNG"
        assert written.width > 4 * written.height
        pixels = np.asarray(written.convert("RGB"))
    for panel in np.array_split(pixels, 5, axis=1):
        assert len(np.unique(panel.reshape(-1, 3), axis=0)) > 10


def test_figure_of_a_game(tmp_path):
    """Two panels: no latents, no density."""
    data = np.random.default_rng(0).uniform(-1, 1, (50, 2))
    path = plane.plane_figure(tmp_path / "plane.png", data, -data)
    with Image.open(path) as written:
        assert 1.7 < written.width / written.height < 2.3

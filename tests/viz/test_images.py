import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tfgen.viz import images

LINE = 128  # 0.5 of 255


def test_grid():
    """Three pictures of 1 x 2 in two columns, lines between and around."""
    pictures = np.array([[[0, 16]], [[8, 4]], [[16, 0]]])[..., None]
    canvas = images.grid(pictures, columns=2, levels=17)
    expected = np.full((5, 7), LINE)
    expected[1, 1:3] = 0, 255
    expected[1, 4:6] = 128, 64
    expected[3, 1:3] = 255, 0
    assert canvas.dtype == np.uint8
    np.testing.assert_array_equal(canvas[..., 0], expected)


@given(
    N=st.integers(1, 10),
    H=st.integers(1, 4),
    W=st.integers(1, 4),
    C=st.sampled_from([1, 3]),
    columns=st.integers(1, 4),
)
def test_every_picture_has_its_place(N, H, W, C, columns):
    random = np.random.default_rng(0)
    pictures = random.integers(0, 256, (N, H, W, C))
    canvas = images.grid(pictures, columns, levels=256)
    rows = -(-N // columns)
    assert canvas.shape == (rows * (H + 1) + 1, columns * (W + 1) + 1, C)
    for i, picture in enumerate(pictures):
        row, column = divmod(i, columns)
        top, left = row * (H + 1) + 1, column * (W + 1) + 1
        np.testing.assert_array_equal(
            canvas[top : top + H, left : left + W], picture
        )


@pytest.mark.parametrize(
    "value, shade",
    [(-5, 0), (0.9, 0), (1.0, 85), (2.5, 170), (3.99, 255), (4, 255), (9, 255)],
)
def test_level_k_covers_k_to_k_plus_1(value, shade):
    """The top level is white; what lies outside is clipped."""
    canvas = images.grid(np.full((1, 1, 1, 1), value), columns=1, levels=4)
    assert canvas[1, 1, 0] == shade


@pytest.mark.parametrize("C, mode", [(1, "L"), (3, "RGB")])
def test_write_png_enlarges_pixels(tmp_path, C, mode):
    image = np.random.default_rng(0).integers(0, 256, (2, 3, C), np.uint8)
    path = images.write_png(tmp_path / "new" / "a.png", image, least=12)
    assert path == tmp_path / "new" / "a.png"
    with Image.open(path) as written:
        assert written.mode == mode
        assert written.size == (12, 8)
        pixels = np.asarray(written).reshape(8, 12, C)
    np.testing.assert_array_equal(pixels, image.repeat(4, 0).repeat(4, 1))


def test_write_png_leaves_large_pictures(tmp_path):
    image = np.zeros((2, 1000, 1), np.uint8)
    with Image.open(images.write_png(tmp_path / "a.png", image)) as written:
        assert written.size == (1000, 2)

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tfgen.errors import UserError
from tfgen.viz import images

LINE = 128  # 0.5 of 255


def test_a_full_disk_leaves_no_half_of_a_picture(tmp_path, monkeypatch):
    def full(self, path, kind):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    path = tmp_path / "a.png"
    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(UserError, match=f"^cannot write {path} .No space left"):
        images.write_png(path, np.zeros((2, 2, 1), np.uint8))
    assert not list(tmp_path.iterdir())


def test_sheet():
    """Three pictures of 1 x 2 in two columns, lines between and around."""
    pictures = np.array([[[0, 16]], [[8, 4]], [[16, 0]]])[..., None]
    canvas = images.sheet(pictures, columns=2, levels=17)
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
    canvas = images.sheet(pictures, columns, levels=256)
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
    canvas = images.sheet(np.full((1, 1, 1, 1), value), columns=1, levels=4)
    assert canvas[1, 1, 0] == shade


def ramp(*values):
    """A picture of one pixel for each gray level."""
    return np.array(values).reshape(-1, 1, 1, 1)


def pixels(canvas):
    """The pictures of one pixel on a sheet, row by row."""
    return canvas[1::2, 1::2, 0].tolist()


def test_pairs_stand_side_by_side():
    """Three pairs, two in a row: x, g(e(x)), x, g(e(x))."""
    pairs = np.stack([ramp(1, 2, 3), ramp(4, 5, 6)], axis=1)
    canvas = images.sheet(pairs, 4, levels=256)
    assert pixels(canvas) == [[1, 4, 2, 5], [3, 6, LINE, LINE]]


def test_neighbors_follow_their_query():
    near = np.stack([ramp(1, 4, 5), ramp(2, 6, 7)])
    canvas = images.sheet(near, 3, levels=256)
    assert pixels(canvas) == [[1, 4, 5], [2, 6, 7]]


def test_filters_are_scaled_each_by_itself():
    """Kernels [1, 3, 1, 3]: from -1 to 1, tiny, and constant."""
    kernels = np.array([[-1, 0, 1], [1e-6, 0, 5e-6], [2, 2, 2]])
    canvas = images.filter_sheet(kernels.T[None, :, None, :], columns=1)
    assert canvas.shape == (7, 5, 1)
    np.testing.assert_array_equal(
        canvas[1::2, 1:4, 0], [[0, 128, 255], [51, 0, 255], [0, 0, 0]]
    )


def test_filters_keep_their_colors():
    """One filter [1, 1, 3, 1]; its colours are scaled together."""
    kernel = np.array([-1.0, 1.0, 0.0]).reshape(1, 1, 3, 1)
    canvas = images.filter_sheet(kernel, columns=1)
    np.testing.assert_array_equal(canvas[1, 1], [0, 255, 128])


@pytest.mark.parametrize("C, mode", [(1, "L"), (3, "RGB")])
def test_write_png_enlarges_pixels(tmp_path, C, mode):
    image = np.random.default_rng(0).integers(0, 256, (2, 3, C), np.uint8)
    path = images.write_png(tmp_path / "new" / "a.png", image, least=12)
    assert path == tmp_path / "new" / "a.png"
    with Image.open(path) as written:
        assert written.mode == mode
        assert written.size == (12, 8)
        found = np.asarray(written).reshape(8, 12, C)
    np.testing.assert_array_equal(found, image.repeat(4, 0).repeat(4, 1))


def test_write_png_leaves_large_pictures(tmp_path):
    image = np.zeros((2, 1000, 1), np.uint8)
    with Image.open(images.write_png(tmp_path / "a.png", image)) as written:
        assert written.size == (1000, 2)


def test_headings():
    """Columns are enlarged to 48 pixels; a word that does not fit is cut."""
    picture = np.full((9, 20, 1), 7, np.uint8)
    for name, lines in (
        ("dog", 1),
        ("immeasurably", 1),
        ("a name in 2 lines", 2),
    ):
        found = images.with_headings(picture, ["cat", name])
        head = 16 * lines
        assert found.shape == (head + 9 * 5, 100, 1)
        np.testing.assert_array_equal(found[head:], 7)
        left, right = found[:head, :50], found[:head, 50:]
        # One line on the left, from the top on.
        assert np.any(left[:16] < 128) and np.all(left[16:] == 255)
        assert all(np.any(line < 128) for line in np.split(right, lines))
        # A line of white between the two names.
        assert np.all(found[:head, 49:51] == 255)


def test_influence():
    """Of the fourth root: a ten-thousandth is a tenth; the middle is red."""
    seen = np.array([[1, 1e-4, 1e-7], [0.0625, 0, 0], [0, 0, 0]])
    picture = images.influence(seen)
    assert picture[1, 1].tolist() == [255, 0, 0]
    assert np.all(picture[0] == [[255], [26], [0]])
    assert np.all(picture[1, 0] == 128)
    assert not np.any(images.influence(0 * seen)[..., 1:])


def test_files_side_by_side_may_be_plots(tmp_path):
    """Plots have an alpha channel, sheets of samples do not."""
    for name, mode in (("a", "RGBA"), ("b", "RGB")):
        color = (255, 0, 0, 255)[: len(mode)]
        Image.new(mode, (50, 40), color).save(tmp_path / f"{name}.png")
    files = {n: [tmp_path / f"{n}.png"] for n in "ab"}
    path = images.columns_of_files(tmp_path / "both.png", files)
    picture = np.asarray(Image.open(path))
    assert picture.shape[2] == 3
    assert (picture[-1] == (255, 0, 0)).all()

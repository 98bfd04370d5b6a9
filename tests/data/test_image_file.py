import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from tfgen.data import image_file
from tfgen.data.image_file import BadImageError


def read(path, size=8, **kwargs):
    return image_file.read(path, size, **kwargs)[0]


def saved(path, pixels, **options):
    """Writes pixels, [H, W] or [H, W, C]."""
    Image.fromarray(np.asarray(pixels, np.uint8)).save(path, **options)
    return path


def filled(value, size=8):
    return np.full((size, size, np.size(value)), value).squeeze()


def png(path, pixels, bits, kind, after=b""):
    """Writes a PNG chunk by chunk, as Pillow cannot.

    Args:
      path: of the file.
      pixels: [H, W, C].
      bits: per channel.
      kind: PNG's colour type.
      after: a chunk behind the pixels, its name and content.
    """

    def chunk(content):
        crc = struct.pack(">I", zlib.crc32(content))
        return struct.pack(">I", len(content) - 4) + content + crc

    height, width, _ = pixels.shape
    rows = pixels.astype(">u2" if bits == 16 else np.uint8)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0)
    chunks = [b"IHDR" + header, b"IDAT" + zlib.compress(raw), after, b"IEND"]
    signature = b"\x89PNG\r\n\x1a\n"
    path.write_bytes(signature + b"".join(chunk(c) for c in chunks if c))
    return path


@pytest.mark.parametrize("extension", image_file.EXTENSIONS)
@pytest.mark.parametrize("value", [100, (10, 120, 200)], ids=["gray", "colour"])
def test_every_format(tmp_path, extension, value):
    path = tmp_path / f"x{extension}"
    options = {".webp": {"lossless": True}, ".jfif": {"format": "JPEG"}}
    saved(path, filled(value, 16), **options.get(extension, {}))
    x = read(path)
    # WebP has colours only; JPEG and the palette of GIF round.
    gray = np.size(value) == 1 and extension != ".webp"
    assert x.shape == (8, 8, 1 if gray else 3)
    np.testing.assert_allclose(x, np.broadcast_to(value, x.shape), atol=3)


def test_formats_are_told_by_content_and_not_by_name(tmp_path):
    saved(tmp_path / "x.png", filled(100), format="JPEG")
    assert (read(tmp_path / "x.png") == 100).all()
    saved(tmp_path / "y.png", filled(100), format="PPM")
    with pytest.raises(BadImageError, match="cannot identify"):
        read(tmp_path / "y.png")


@pytest.mark.parametrize(
    "orientation, turn",
    [
        (1, lambda x: x),
        (2, np.fliplr),
        (3, lambda x: np.rot90(x, 2)),
        (6, lambda x: np.rot90(x, -1)),
        (8, np.rot90),
    ],
)
@pytest.mark.parametrize("extension", ["png", "jpg", "webp"])
def test_exif_orientation_is_applied(tmp_path, orientation, turn, extension):
    pixels = np.zeros((32, 32, 3), np.uint8)
    pixels[:8, :16] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path / f"x.{extension}", pixels, exif=exif)
    np.testing.assert_allclose(read(path, 32), turn(pixels), atol=12)


def test_orientation_comes_before_the_square_is_cut(tmp_path):
    pixels = np.zeros((16, 32), np.uint8)
    pixels[:, 8:16] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    x = read(saved(tmp_path / "x.png", pixels, exif=exif), 16)
    assert (x[:8] == 255).all()
    assert (x[8:] == 0).all()


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_turns_nothing(tmp_path):
    pixels = np.zeros((8, 8), np.uint8)
    pixels[:4] = 255
    for i, exif in enumerate([b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0no"]):
        path = saved(tmp_path / f"{i}.jpg", pixels, exif=exif)
        np.testing.assert_allclose(read(path)[..., 0], pixels, atol=2)


@pytest.mark.parametrize(
    "background, seen",
    [("white", (255, 255, 255)), ("#102030", (16, 32, 48))],
)
def test_alpha_shows_the_background(tmp_path, background, seen):
    pixels = filled((200, 0, 0, 255))
    pixels[4:] = (7, 8, 9, 0)  # hidden
    path = saved(tmp_path / "x.png", pixels)
    x, notes, _ = image_file.read(path, 8, 0, image_file.colour(background))
    assert (x[:4] == (200, 0, 0)).all()
    assert (x[4:] == seen).all()
    assert notes == ["transparent"]


def test_half_transparent_gray(tmp_path):
    path = saved(tmp_path / "x.png", filled((100, 128)))
    x = read(path, background=(0, 0, 0))
    assert x.shape == (8, 8, 1)
    assert (x == 50).all()


def test_alpha_that_hides_nothing_is_no_transparency(tmp_path):
    path = saved(tmp_path / "x.png", filled((9, 8, 7, 255)))
    x, notes, _ = image_file.read(path, 8)
    assert (x == (9, 8, 7)).all()
    assert not notes


def test_a_transparent_colour(tmp_path):
    path = tmp_path / "x.png"
    Image.new("L", (8, 8), 3).save(path, transparency=3)
    assert (read(path) == 255).all()


def of_palette(path, colours, **options):
    """Writes the last colour of a palette everywhere."""
    image = Image.new("P", (8, 8), len(colours) - 1)
    image.putpalette([v for colour in colours for v in colour])
    image.save(path, **options)
    return path


def test_palettes(tmp_path):
    red, gray = (200, 0, 0), (90, 90, 90)
    x = read(of_palette(tmp_path / "colour.png", [gray, red]))
    assert x.shape == (8, 8, 3)
    assert (x == red).all()
    # The colours that the pixels have decide.
    x = read(of_palette(tmp_path / "gray.png", [red, gray]))
    assert x.shape == (8, 8, 1)
    assert (x == 90).all()
    clear = bytes([255, 0])
    path = of_palette(tmp_path / "c.png", [gray, red], transparency=clear)
    assert (read(path) == 255).all()


@pytest.mark.parametrize("mode", ["RGBA", "CMYK"])
def test_modes_that_become_rgb(tmp_path, mode):
    path = tmp_path / ("x.jpg" if mode == "CMYK" else "x.png")
    Image.new(mode, (20, 16)).save(path)
    assert read(path).shape == (8, 8, 3)


def test_channels(tmp_path):
    gray = saved(tmp_path / "gray.png", filled(80))
    colour = saved(tmp_path / "colour.png", filled((0, 255, 0)))
    assert (read(gray, channels=3) == (80, 80, 80)).all()
    assert read(gray, channels=3).shape == (8, 8, 3)
    # The luma of ITU-R 601.
    x = read(colour, channels=1)
    assert x.shape == (8, 8, 1)
    assert (x == round(255 * 0.587)).all()


@pytest.mark.parametrize("kind, channels", [(2, 3), (6, 4), (4, 2)])
def test_16_bits_of_colour_are_refused(tmp_path, kind, channels):
    pixels = np.full((8, 8, channels), 59)
    path = png(tmp_path / "x.png", pixels, 16, kind)
    with pytest.raises(BadImageError, match="16 bits per channel; expected 8"):
        read(path)


def test_16_bits_of_gray_are_refused(tmp_path):
    path = png(tmp_path / "x.png", np.full((8, 8, 1), 59), 16, 0)
    with pytest.raises(BadImageError, match="mode I;16; expected 8 bits"):
        read(path)


def test_a_bmp_of_16_bits_for_all_colours(tmp_path):
    header = struct.pack("<IiiHHIIiiII", 40, 8, 8, 1, 16, 0, 128, 0, 0, 0, 0)
    start = b"BM" + struct.pack("<IHHI", 54 + 128, 0, 0, 54)
    white = struct.pack("<H", 0x7FFF) * 64
    (tmp_path / "x.bmp").write_bytes(start + header + white)
    assert (read(tmp_path / "x.bmp") == 255).all()


def test_a_damaged_chunk_behind_the_pixels(tmp_path):
    pixels = np.full((8, 8, 3), 77)
    path = png(tmp_path / "x.png", pixels, 8, 2, after=b"iCCPname\0")
    assert (read(path) == 77).all()


def test_the_first_of_several_pictures(tmp_path):
    first, second = (Image.new("L", (8, 8), v) for v in (10, 200))
    for name in ("x.gif", "x.tif", "x.png"):
        path = tmp_path / name
        first.save(path, save_all=True, append_images=[second])
        x, notes, _ = image_file.read(path, 8)
        assert (x == 10).all()
        assert notes == ["the first of several pictures"], name


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_image(tmp_path, content):
    (tmp_path / "x.png").write_bytes(content)
    with pytest.raises(BadImageError, match=r"not a readable image \(.+\)"):
        read(tmp_path / "x.png")


def test_resize_and_crop(tmp_path):
    # 40 x 20: the centre 20 x 20 is white at the left, black at the right.
    pixels = np.zeros((20, 40, 3), np.uint8)
    pixels[:, 10:20] = 255
    pixels[:, :10] = 100  # cut off
    path = saved(tmp_path / "x.png", pixels)
    assert image_file.read(path, 4).size == (40, 20)
    x = read(path, 4)
    assert x.shape == (4, 4, 3)
    assert (x[:, 0] > 240).all()
    assert (x[:, 3] < 15).all()


def test_resize_has_no_aliases(tmp_path):
    # One white column in four: every fourth pixel would be all or nothing.
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[:, ::4] = 255
    x = read(saved(tmp_path / "x.png", pixels))
    assert abs(x[2:6, 2:6].astype(int) - 64).max() < 8

"""What servers read of PNG files is what is read of files: `image_file`."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from export.write.png_reader import read_png
from tests.data.test_image_file import png
from tfgen.data import image_file

RANDOM = np.random.default_rng(0)
COLOURS = RANDOM.integers(0, 256, (5, 5, 4)).astype(np.uint8)
COLOURS[:2, :, 3] = 0, 1, 127, 254, 255
PLACES = RANDOM.integers(0, 3, (5, 5)).astype(np.uint8)


def palette(**options):
    image = Image.fromarray(PLACES, "P")
    image.putpalette([10, 20, 30, 200, 0, 0, 91, 90, 200])
    return image, options


def of(pixels, **options):
    return Image.fromarray(pixels), options


CASES = {
    "colours": of(COLOURS[..., :3]),
    "gray": of(COLOURS[..., 0]),
    "two levels": of(PLACES > 1),
    "colours and alpha": of(COLOURS),
    "gray and alpha": of(np.ascontiguousarray(COLOURS[..., 2:])),
    "alpha that hides nothing": of(COLOURS | np.uint8([0, 0, 0, 255])),
    "a transparent colour": of(
        COLOURS[..., :3], transparency=tuple(map(int, COLOURS[1, 2, :3]))
    ),
    "a transparent gray": of(
        COLOURS[..., 0], transparency=int(COLOURS[3, 3, 0])
    ),
    "a transparent one of two": of(PLACES > 1, transparency=0),
    "palette": palette(bits=8),
    "palette of 2 bits": palette(),
    "palette with alpha": palette(transparency=bytes([255, 100, 0]), bits=8),
    "palette of 2 bits with alpha": palette(transparency=bytes([255, 3, 0])),
}


@pytest.fixture(scope="module", params=[(1, "white"), (3, "#102030")])
def reading(request):
    """Channels, background and the graph that reads so, traced once."""
    channels, background = request.param
    below = image_file.colour(background)
    function = tf.function(
        lambda file: read_png(file, channels, below, "png_bytes"),
        input_signature=[tf.TensorSpec([], tf.string)],
        autograph=False,
    )
    return channels, below, function


@pytest.mark.parametrize("case", CASES)
def test_pictures_are_those_of_files(tmp_path, case, reading):
    image, options = CASES[case]
    channels, below, function = reading
    path = tmp_path / "x.png"
    image.save(path, **options)
    x = image_file.read(path, None, channels, below).x
    np.testing.assert_array_equal(function(path.read_bytes()), x)


def test_alpha_is_rounded_as_in_files(tmp_path, reading):
    """Every level under every alpha."""
    channels, below, function = reading
    level, alpha = np.indices((256, 256)).astype(np.uint8)
    path = tmp_path / "x.png"
    Image.fromarray(np.stack([level, alpha], -1)).save(path)
    x = image_file.read(path, None, channels, below).x
    np.testing.assert_array_equal(function(path.read_bytes()), x)


@pytest.mark.parametrize("bits", [2, 4])
def test_gray_of_few_bits(tmp_path, bits, reading):
    """Pillow writes none; a byte holds several pixels."""
    channels, below, function = reading
    pixels = np.arange(4)[:, None, None]
    packed = png(tmp_path / "x.png", pixels << (8 - bits), bits, 0)
    x = image_file.read(packed, None, channels, below).x
    assert len(np.unique(x)) == 4
    np.testing.assert_array_equal(function(packed.read_bytes()), x)


@pytest.mark.parametrize("kind, channels", [(0, 1), (2, 3), (4, 2), (6, 4)])
def test_16_bits_are_refused_by_both(tmp_path, kind, channels, reading):
    path = png(tmp_path / "x.png", np.full((4, 4, channels), 259), 16, kind)
    with pytest.raises(image_file.BadImageError, match="expected 8"):
        image_file.read(path, None)
    with pytest.raises(
        tf.errors.InvalidArgumentError,
        match="png_bytes: 16 bits per channel; expected 8",
    ):
        reading[2](path.read_bytes())


def test_what_is_no_png_file(reading):
    jpeg = io.BytesIO()
    Image.fromarray(COLOURS[..., 0]).save(jpeg, "JPEG")
    for content in (b"", b"\x89PNG", b"hello" * 9, jpeg.getvalue()):
        with pytest.raises(
            tf.errors.InvalidArgumentError, match="png_bytes: expected a PNG"
        ):
            reading[2](content)


def test_four_channels_keep_their_alpha():
    content = io.BytesIO()
    Image.fromarray(COLOURS).save(content, "PNG")
    x = read_png(tf.constant(content.getvalue()), 4, (0, 0, 0), "png_bytes")
    np.testing.assert_array_equal(x, COLOURS)

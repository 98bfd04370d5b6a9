import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from export.write.png_signatures import encode_png, with_pictures
from tfgen.capabilities import Signature
from tfgen.config import DataSpec


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)))


def test_shades_of_gray_levels():
    """0 is black, the top level white, what lies beyond is cut."""
    x = tf.constant([-1.0, 0, 1, 8, 16, 16.9])[None, :, None, None]
    (content,) = encode_png(x, levels=17).numpy()
    # 255 / 16 = 15.94, 255 / 2 = 127.5 (to even).
    assert pixels(content)[:, 0].tolist() == [0, 0, 16, 128, 255, 255]


def test_colours_row_by_row():
    random = np.random.default_rng(0)
    x = random.integers(0, 256, (3, 4, 5, 3)).astype(np.float32)
    contents = encode_png(tf.constant(x), levels=256).numpy()
    np.testing.assert_array_equal([pixels(c) for c in contents], x)


def test_signatures_of_pictures():
    z = tf.TensorSpec([None, 2], tf.float32, "z")
    decode = Signature(lambda z: {"x": tf.reshape(z, [-1, 1, 2, 1])}, [z])
    energy = Signature(lambda z: {"energy": z[:, 0]}, [z])
    signatures = {"energy": energy, "decode": decode}
    found = with_pictures(signatures, DataSpec((1, 2, 1), 3))
    assert list(found) == ["energy", "decode", "decode_png"]
    assert not found["decode_png"].on_device
    outputs = found["decode_png"].function(tf.constant([[0.0, 2.0]]))
    (content,) = outputs.pop("png_bytes").numpy()
    assert not outputs
    assert pixels(content).tolist() == [[0, 255]]
    # Points of the plane, and images of real numbers, are no pictures.
    assert with_pictures(signatures, DataSpec((2,), 3)) == signatures
    assert with_pictures(signatures, DataSpec((1, 2, 1))) == signatures


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_there_is_no_picture_of_what_is_not_finite(bad):
    """Not even where the network hides it: some ReLUs make 0 of NaN."""
    z = tf.TensorSpec([None, 2], tf.float32, "z")
    whole = tf.constant([[0.0, bad], [0.0, 0.0]])

    def png_of(function):
        decode = Signature(
            lambda z: {"x": tf.reshape(function(z), [-1, 1, 2, 1])}, [z]
        )
        found = with_pictures({"decode": decode}, DataSpec((1, 2, 1), 3))
        return tf.function(found["decode_png"].function, input_signature=[z])

    with pytest.raises(tf.errors.InvalidArgumentError, match="z: not finite"):
        png_of(tf.zeros_like)(whole)
    with pytest.raises(tf.errors.InvalidArgumentError, match="the picture: no"):
        png_of(lambda z: z + whole)(tf.zeros([2, 2]))

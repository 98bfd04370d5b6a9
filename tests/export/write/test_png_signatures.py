import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from export.write.png_signatures import (
    decode_png,
    encode_png,
    with_pictures,
    with_png_rows,
)
from tfgen.capabilities import Signature
from tfgen.config import DataSpec, Field
from tfgen.nn import any_size
from tfgen.nn.any_size import Sides
from tfgen.scoring import image_inputs


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
    energy = Signature(lambda z: {"energy_of_z": z[:, 0]}, [z])
    signatures = {"classify_ids": energy, "decode": decode}
    found = with_pictures(signatures, DataSpec((1, 2, 1), 3))
    assert list(found) == ["classify_ids", "decode", "decode_png"]
    assert not found["decode_png"].on_device
    outputs = found["decode_png"].function(tf.constant([[0.0, 2.0]]))
    (content,) = outputs.pop("png_bytes").numpy()
    assert not outputs
    assert pixels(content).tolist() == [[0, 255]]
    # Points of the plane, and images of real numbers, are no pictures.
    assert with_pictures(signatures, DataSpec((2,), 3)) == signatures
    assert with_pictures(signatures, DataSpec((1, 2, 1))) == signatures


def test_pictures_as_inputs():
    """The levels that an array would have; the condition stays an array."""
    spec = DataSpec((1, 3, 1), 17)
    x = tf.TensorSpec([None, 1, 3, 1], tf.float32, "x")
    label = tf.TensorSpec([None], tf.int32, "label")
    energy = Signature(lambda x, label: {"energy": x[:, 0, :, 0]}, [x, label])
    again = Signature(lambda x: {"x_again": x}, [x])
    found = with_pictures({"energy": energy, "reconstruct": again}, spec)
    levels = np.float32([[0, 7, 16], [3, 2, 1]]).reshape(2, 1, 3, 1)
    rows = with_png_rows(lambda n: {"x": levels}, spec)(2)
    assert [s.name for s in found["energy_png"].inputs] == [
        "png_bytes",
        "label",
    ]
    outputs = found["energy_png"].function(rows["png_bytes"], [0, 0])
    np.testing.assert_array_equal(outputs["energy"], levels[:, 0, :, 0])
    pictures = found["reconstruct_png"].function(rows["png_bytes"])
    assert pictures["png_bytes"].numpy().tolist() == rows["png_bytes"].tolist()
    large = encode_png(tf.zeros([2, 2, 3, 1]), 17)
    with pytest.raises(
        tf.errors.InvalidArgumentError, match="expected 1 x 3 pixels, got"
    ):
        found["reconstruct_png"].function(large)


def test_a_saved_graph_says_what_size_it_expected(tmp_path):
    field = Field("x", (8, 8, 1), 17)
    spec = [tf.TensorSpec([None], tf.string, "png_bytes")]
    module = tf.Module()
    module.read = tf.function(
        lambda files: decode_png(files, field, (255, 255, 255)),
        input_signature=spec,
    )
    tf.saved_model.save(module, tmp_path, {"read": module.read})
    read = tf.saved_model.load(tmp_path).signatures["read"]
    large = encode_png(tf.zeros([2, 40, 56, 1]), 17)
    for _ in range(3):
        with pytest.raises(
            tf.errors.InvalidArgumentError, match="expected 8 x 8 pixels, got"
        ):
            read(png_bytes=large)


def test_pictures_of_any_size():
    """Each row another; a network of multiples of 4 sees mirror images."""
    spec = DataSpec((8, 8, 1), 17, fields=(Field("y", (8, 8, 3), 256),))
    x = tf.TensorSpec([None, None, None, 1], tf.float32, "any_x")

    def network(x):
        x = any_size.check(x, Sides(4, 4), "any_x")
        return {"y": tf.tile(255 - x * (255 / 16), [1, 1, 1, 3])}

    signature = Signature(network, [x], sides=Sides(4, 4))
    (png,) = set(
        found := with_pictures({"translate_any_size": signature}, spec)
    ) - {"translate_any_size"}
    assert png == "translate_any_size_png" and not found[png].on_device
    function = tf.function(
        found[png].function, input_signature=found[png].inputs
    )
    random = np.random.default_rng(0)
    shapes = [(3, 5, 1), (4, 4, 1), (9, 2, 1)]
    levels = [random.integers(0, 17, shape) for shape in shapes]
    files = [encode_png(tf.constant(v[None] * 1.0), 17)[0] for v in levels]
    made = function(tf.stack(files))["png_bytes"].numpy()
    for v, content in zip(levels, made, strict=True):
        expected = np.round(255 - np.repeat(v, 3, -1) * (255 / 16))
        np.testing.assert_allclose(pixels(content), expected, atol=1)


@pytest.mark.parametrize("sides", [None, Sides(4, 4)], ids=str)
def test_what_is_transparent_shows_the_background(sides):
    """As the files that a run was trained on did."""
    spec = DataSpec((4, 4, 1), 17, fields=(Field("y", (4, 4, 1), 17),))
    x = tf.TensorSpec([None, None, None, 1], tf.float32, "x")
    name = "translate_any_size" if sides else "translate"
    signatures = {name: Signature(lambda x: {"y": x}, [x], sides=sides)}
    file = io.BytesIO()
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(file, "PNG")
    for background, shade in {"white": 255, "black": 0, "#808080": 128}.items():
        found = with_pictures(signatures, spec, background)[f"{name}_png"]
        files = tf.constant([file.getvalue()])
        (content,) = found.function(files)["png_bytes"].numpy()
        assert (pixels(content) == shade).all()


def test_levels_are_those_of_files(tmp_path):
    """Of a model with few levels, as `apps.translate` and `apps.score` read."""
    spec, path = DataSpec((6, 6, 1), 17), tmp_path / "x.png"
    pixels = np.random.default_rng(0).integers(0, 256, (6, 6, 4))
    Image.fromarray(pixels.astype(np.uint8)).save(path)
    x = tf.TensorSpec([None, 6, 6, 1], tf.float32, "x")
    energy = Signature(lambda x: {"energy": x}, [x])
    found = with_pictures({"energy": energy}, spec, "black")["energy_png"]
    served = found.function(tf.constant([path.read_bytes()]))["energy"][0]
    expected = image_inputs.read_image(str(path), spec, "black")
    np.testing.assert_array_equal(served, expected)


@pytest.mark.parametrize(
    "x, y, png", [(2, 1, False), (4, 1, False), (3, 1, True), (4, 4, True)]
)
def test_frames_are_no_picture(x, y, png):
    spec = DataSpec((4, 4, x), 256, fields=(Field("y", (4, 4, y), 256),))
    read = tf.TensorSpec([None, 4, 4, x], tf.float32, "x")
    signature = Signature(lambda x: {"y": x[..., :y]}, [read])
    found = with_pictures({"translate": signature}, spec)
    assert ("translate_png" in found) == png


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

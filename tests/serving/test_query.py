import io
import json

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from serving.query import describe, read_inputs, write_pictures
from serving.signatures import SignatureSpec
from tfgen.errors import UserError

SIGNATURE = SignatureSpec(
    "all",
    {
        "x": tf.TensorSpec((None, 2, 3, 1), tf.float32),
        "rgb": tf.TensorSpec((None, None, None, 3), tf.float32),
        "seed": tf.TensorSpec((None,), tf.int32),
        "word": tf.TensorSpec((None,), tf.string),
    },
    {"png_bytes": tf.TensorSpec((None,), tf.string)},
)


def read(*texts, levels=256):
    return read_inputs(texts, SIGNATURE, levels)


def test_json_and_text():
    inputs = read("seed=[1, 2]", "word=A man sleeps.")
    assert inputs["seed"].dtype == np.int32
    assert inputs["seed"].tolist() == [1, 2]
    # One row without its brackets.
    assert inputs["word"].tolist() == [b"A man sleeps."]
    assert read("seed=3")["seed"].tolist() == [3]
    assert read('word=["a", "é"]')["word"].tolist() == [b"a", b"\xc3\xa9"]
    assert read('word="a"')["word"].tolist() == [b"a"]
    assert read('word={"b64": "/w=="}')["word"].tolist() == [b"\xff"]


@pytest.mark.parametrize("text", ["42", "1e3", "true", "null", "NaN", "[a", ""])
def test_plain_text_may_look_like_json(text):
    assert read(f"word={text}")["word"].tolist() == [text.encode()]


def test_a_name_again_adds_rows():
    inputs = read("seed=[1, 2]", "word=a", "seed=3", "word=b")
    assert inputs["seed"].tolist() == [1, 2, 3]
    assert inputs["word"].tolist() == [b"a", b"b"]
    with pytest.raises(UserError, match="^input=rgb=.*: all the input array"):
        read(*(f"rgb={np.zeros((n, 2, 3)).tolist()}" for n in (2, 3)))


def test_files(tmp_path):
    x = np.arange(12, dtype=np.float64).reshape(2, 2, 3, 1)
    np.save(tmp_path / "x.npy", x)
    np.savez(tmp_path / "all.npz", x=x, seed=[1, 2])
    (tmp_path / "seed.json").write_text(json.dumps([4]))
    for text in ("x=@{}/x.npy", "x=@{}/all.npz"):
        found = read(text.format(tmp_path))["x"]
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, x)
    assert read(f"seed=@{tmp_path}/seed.json")["seed"].tolist() == [4]
    assert set(read(f"@{tmp_path}/all.npz")) == {"x", "seed"}
    np.save(tmp_path / "words.npy", ["a", "é"])
    words = read(f"word=@{tmp_path}/words.npy")["word"]
    assert words.tolist() == [b"a", b"\xc3\xa9"]
    np.save(tmp_path / "seed.npy", [1 << 32])
    with pytest.raises(UserError, match="beyond its range"):
        read(f"seed=@{tmp_path}/seed.npy")


def test_pictures_are_gray_levels_or_bytes(tmp_path):
    pixels = np.array([[0, 15, 240], [255, 30, 120]], np.uint8)
    path = tmp_path / "x.png"
    Image.fromarray(pixels).save(path)
    # 255 / 15 = 17 shades a level.
    x = read(f"x=@{path}", levels=18)["x"]
    np.testing.assert_allclose(x[0, :, :, 0], pixels / 15, rtol=1e-6)
    np.testing.assert_array_equal(read(f"x=@{path}")["x"][0, ..., 0], pixels)
    rgb = read(f"rgb=@{path}")["rgb"]
    assert rgb.shape == (1, 2, 3, 3)
    np.testing.assert_array_equal(rgb[0, ..., 2], pixels)
    assert read(f"word=@{path}")["word"].tolist() == [path.read_bytes()]


def test_pictures_are_read_as_folders_read_them(tmp_path, caplog):
    hidden = np.full((2, 3, 4), (200, 0, 0, 0), np.uint8)
    path = tmp_path / "rgba.png"
    Image.fromarray(hidden).save(path)
    assert np.all(read(f"rgb=@{path}")["rgb"] == 255)
    assert caplog.messages == [f"input=rgb=@{path}: transparent on white."]
    path = tmp_path / "turned.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("L", (2, 3)).save(path, exif=exif)
    assert read(f"x=@{path}")["x"].shape == (1, 2, 3, 1)


def test_pictures_of_16_bits_are_refused(tmp_path):
    path = tmp_path / "deep.png"
    Image.fromarray(np.full((2, 3), 40_000, np.uint16)).save(path)
    with pytest.raises(UserError, match="^input=x=@.*expected 8 bits"):
        read(f"x=@{path}")


@pytest.mark.parametrize(
    "text, message",
    [
        ("seed", "input=seed: write name=value"),
        ("sead=1", "has no input 'sead'; it has x, rgb, seed, word"),
        ("seed=1.5", r"input=seed=1.5: .*; it must be int32 \[\?\]"),
        ("seed=a", "it must be int32"),
        ("seed=[4294967297]", "numbers beyond its range; it must be int32"),
        ("seed=true", "other values; it must be int32"),
        ("seed=[1, true]", "true or false among numbers; it must be int32"),
        ("x=1e300", "numbers beyond its range; it must be float32"),
        ("seed=[[1]]", r"shape \[1, 1\]; it must be int32"),
        ("seed=[[1], [2, 3]]", "it must be int32"),
        ("word=[1]", "other values than strings.*; it must be string"),
        ("x=[[1, 2]]", r"shape \[1, 2\]"),
        ("x=@none.npy", "input=x=@none.npy: .*No such file"),
        ("x=@none.png", "No such file"),
        ("@none.npz", "input=@none.npz: .*No such file"),
    ],
)
def test_what_is_wrong_is_said(text, message):
    with pytest.raises(UserError, match=message):
        read(text)


def test_a_file_without_the_array(tmp_path):
    np.savez(tmp_path / "a.npz", y=[1])
    with pytest.raises(UserError, match="input=seed=@.*seed is not a file"):
        read(f"seed=@{tmp_path}/a.npz")


def test_pictures_are_written(tmp_path):
    buffer = io.BytesIO()
    Image.new("L", (2, 2)).save(buffer, "PNG")
    outputs = {
        "png_bytes": np.array([buffer.getvalue(), b"other"], object),
        "name": np.array([[b"a", "é".encode()]], object),
        "x": np.array([0.5], np.float32),
    }
    others, paths = write_pictures(outputs, tmp_path / "new")
    assert others == {"name": [["a", "é"]], "x": [0.5]}
    assert [p.name for p in paths] == ["png_bytes_0.png", "png_bytes_1.bin"]
    with Image.open(paths[0]) as image:
        assert image.size == (2, 2)
    assert paths[1].read_bytes() == b"other"


@pytest.mark.parametrize("name", ["../a_bytes", "/a_bytes", "a/b_bytes"])
def test_a_server_chooses_no_folder(tmp_path, name):
    outputs = {name: np.array([b"a"], object)}
    with pytest.raises(UserError, match="^server: calls an output"):
        write_pictures(outputs, tmp_path / "in")
    assert not list(tmp_path.iterdir())


def test_pictures_want_a_folder(tmp_path):
    (tmp_path / "file").write_text("")
    outputs = {"png_bytes": np.array([b"a"], object)}
    with pytest.raises(UserError, match="out=.*file: .*give a folder"):
        write_pictures(outputs, tmp_path / "file")


def test_description():
    assert describe({"all": SIGNATURE}).splitlines() == [
        "all",
        "  in  x: float32 [?, 2, 3, 1]",
        "  in  rgb: float32 [?, ?, ?, 3]",
        "  in  seed: int32 [?]",
        "  in  word: string [?]",
        "  out png_bytes: string [?]",
    ]

import math

import numpy as np
import pytest
import tensorflow as tf

from export import examples
from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.models.contract import Signature


class Scale:
    """`y = weight * x`, and whether x is positive."""

    spec = DataSpec()

    def __init__(self, weight):
        import keras

        self.weight = keras.Variable(weight)
        self.variables = [self.weight]

    def signatures(self):
        spec = tf.TensorSpec([None], tf.float32, "x")
        return {
            "scale": Signature(lambda x: {"y": x * self.weight.value}, [spec]),
            "sign": Signature(
                lambda x: {"positive": x > 0}, [spec], on_device=False
            ),
        }

    def example_inputs(self, n, seed):
        x = np.random.default_rng(seed).standard_normal(n)
        return {"x": x.astype(np.float32), "unused": x}


def test_compute():
    model = Scale(3.0)
    found = examples.compute(model)
    assert [(e.signature, e.on_device) for e in found] == [
        ("scale", True),
        ("sign", False),
    ] * 2
    sizes = [len(e.inputs["x"]) for e in found]
    assert sizes == [1, 1, 7, 7]
    rows = [v for e in found[::2] for v in e.inputs["x"].tolist()]
    assert len(set(rows)) == 8  # no row twice
    for e in found[::2]:
        np.testing.assert_allclose(e.outputs["y"], 3 * e.inputs["x"])


def test_write_and_read(tmp_path):
    before = examples.compute(Scale(3.0))
    examples.write(tmp_path / "examples.npz", before)
    after = examples.read(tmp_path / "examples.npz")
    assert len(after) == len(before)
    for a, b in zip(after, before):
        assert (a.signature, a.on_device) == (b.signature, b.on_device)
        assert examples.error_of(a.inputs, b.inputs) == 0
        assert examples.error_of(a.outputs, b.outputs) == 0


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 4
    path.write_bytes(content)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-9]),
        lambda path: path.write_bytes(path.read_bytes()[:99]),
        lambda path: np.savez(path),
        lambda path: np.savez(path, x=np.ones(1)),
        lambda path: np.savez(path, **{"0/signature": np.array([{}])}),
        lambda path: np.savez(path, **{"0/signature": "f"}),
        lambda path: np.savez(path, **{"0/kind": "f"}),
        flip,
    ],
)
def test_a_file_that_holds_no_examples(tmp_path, damage):
    path = tmp_path / "examples.npz"
    examples.write(path, examples.compute(Scale(3.0)))
    damage(path)
    with pytest.raises(UserError) as error:
        examples.read(path)
    line = f"{path}: not the examples of an export ("
    assert str(error.value).startswith(line) and "\n" not in str(error.value)


FLOATS = np.float32([[0.5, 100]])


@pytest.mark.parametrize(
    "actual, error",
    [
        ({"y": FLOATS}, 0),
        ({"y": FLOATS + np.float32([[0.25, 0]])}, 0.25),  # absolute below 1
        ({"y": FLOATS + np.float32([[0, 25]])}, 0.25),  # relative above 1
        ({"y": FLOATS[:, :1]}, math.inf),
        ({"y": FLOATS.astype(np.float64)}, math.inf),
        ({"x": FLOATS}, math.inf),
        ({"y": FLOATS, "x": FLOATS}, math.inf),
        ({"y": FLOATS * np.float32([[math.nan, 1]])}, math.nan),
        ({"y": FLOATS * np.float32([[math.inf, 1]])}, math.inf),
    ],
)
def test_error_of_floats(actual, error):
    np.testing.assert_equal(examples.error_of(actual, {"y": FLOATS}), error)


def test_error_of_other_types():
    labels = {"label": np.int32([1, 2])}
    assert examples.error_of({"label": np.int32([1, 2])}, labels) == 0
    assert examples.error_of({"label": np.int32([1, 3])}, labels) == math.inf


def test_what_is_not_finite_in_keras_matches_nothing():
    infinite = {"y": np.float32([math.inf])}
    assert math.isnan(examples.error_of(infinite, infinite))

import numpy as np
import pytest
import tensorflow as tf

from export import calls
from export.check.errors import error_of
from tfgen.capabilities import Signature
from tfgen.errors import UserError

X = tf.TensorSpec([None], tf.float32, "x")
SIGNATURES = {
    "scale": Signature(lambda x: {"y": 3 * x}, [X]),
    "sign": Signature(lambda x: {"positive": x > 0}, [X], on_device=False),
}


def example_inputs(n, seed):
    x = np.random.default_rng(seed).standard_normal(n)
    return {"x": x.astype(np.float32), "unused": x}


def test_compute():
    found = calls.compute(SIGNATURES, example_inputs)
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
    before = calls.compute(SIGNATURES, example_inputs)
    calls.write(tmp_path / "examples.npz", before)
    after = calls.read(tmp_path / "examples.npz")
    assert len(after) == len(before)
    for a, b in zip(after, before):
        assert (a.signature, a.on_device) == (b.signature, b.on_device)
        assert error_of(a.inputs, b.inputs) == 0
        assert error_of(a.outputs, b.outputs) == 0


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
    calls.write(path, calls.compute(SIGNATURES, example_inputs))
    damage(path)
    with pytest.raises(UserError) as error:
        calls.read(path)
    line = f"{path}: not the examples of an export ("
    assert str(error.value).startswith(line) and "\n" not in str(error.value)

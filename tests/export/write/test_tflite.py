import json

import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from export.check.artefact import forbidden_operators, operators
from export.fresh_process import ProcessError
from export.write import flatbuffer, tflite
from export.write.saved_model import write_saved_model
from tests.export.in_process import in_process
from tfgen.capabilities import Signature
from tfgen.config import DataSpec
from tfgen.example_inputs import example_inputs
from tfgen.nn import ResidualConvNet, RunningBatchNorm, randomize


def changed(path, change, target):
    """Writes a copy of a file with something changed."""
    model = flatbuffer.read(path)
    change(model)
    flatbuffer.write(target, model)
    return target


@pytest.mark.slow
def test_operators(digits):
    path = digits.tflite("float32")
    assert {"CONV_2D", "TANH", "LOGISTIC"} <= operators(path)
    assert not forbidden_operators(path)


@pytest.mark.slow
@pytest.mark.parametrize(
    "code", ["CUSTOM", "VAR_HANDLE", "READ_VARIABLE", "CALL_ONCE"]
)
def test_forbidden_operators_are_found(toy, tmp_path, code):
    def change(model):
        number = getattr(schema.BuiltinOperator, code)
        model.operatorCodes[-1].builtinCode = number
        # Numbers beyond 127 do not fit the older field.
        model.operatorCodes[-1].deprecatedBuiltinCode = min(number, 127)

    path = changed(toy.tflite("float32"), change, tmp_path / "float32.tflite")
    assert forbidden_operators(path) == [code]


@pytest.mark.slow
def test_a_file_for_devices_asserts_nothing_of_labels(toy):
    found = operators(toy.tflite("float32"))
    assert not {"LOGICAL_AND", "REDUCE_ALL", "IF"} & found


@pytest.mark.slow
def test_all_weights_are_in_the_file_once(digits):
    path = digits.tflite("float32")
    weights = sum(v.numpy().nbytes for v in digits.model.variables)
    # Three signatures share them; the graphs take the rest.
    assert weights < path.stat().st_size < 1.15 * weights
    model = flatbuffer.read(path)
    assert len(model.signatureDefs) == 3
    buffers = [bytes(b.data) for b in model.buffers if b.data is not None]
    large = [b for b in buffers if len(b) > 64]
    assert len(large) == len(set(large)) > 50


@pytest.mark.slow
@pytest.mark.parametrize("signature", ["encode", "decode"])
def test_any_batch_size(digits, signature):
    path = str(digits.tflite("float32"))
    runner = Interpreter(path).get_signature_runner(signature)
    source = "z" if signature == "decode" else "x"
    for n in (5, 2, 1, 5):
        value = example_inputs(digits.model, n, n)[source]
        (actual,) = runner(**{source: value}).values()
        expected = getattr(digits.model, signature)(value)
        np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.slow
def test_signatures_and_inputs_are_in_order(digits):
    """As in the SavedModel: the first graph, too, which needs no name."""
    path = str(digits.tflite("float32"))
    interpreter = Interpreter(path)
    assert list(interpreter.get_signature_list()) == [
        "log_prob_with_noise",
        "encode",
        "decode",
    ]
    rows = example_inputs(digits.model, 1, 1)
    places = [detail["index"] for detail in interpreter.get_input_details()]
    interpreter.allocate_tensors()
    for place, name in zip(places, ("x", "noise")):
        interpreter.set_tensor(place, rows[name])
    interpreter.invoke()
    (output,) = interpreter.get_output_details()
    actual = interpreter.get_tensor(output["index"])
    expected = digits.model.log_prob(rows["x"] + rows["noise"])
    np.testing.assert_allclose(actual, expected, rtol=1e-4)


@pytest.mark.slow
def test_a_signature_without_built_in_operators(toy, tmp_path):
    with (
        in_process(),
        tflite.Converter(
            toy.saved_model, tmp_path, {"sample": []}, ["float32"], tmp_path
        ) as converter,
    ):
        failed = converter.convert()
    assert list(failed) == ["float32"]
    assert "StatelessRandomNormal" in failed["float32"]
    assert "\n" not in failed["float32"]
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_residual_blocks(tmp_path):
    """The network of `digits` goes without."""
    network = ResidualConvNet(8, 2, outputs=3, norm=RunningBatchNorm)
    x = np.random.default_rng(0).standard_normal((3, 8, 8, 1), np.float32)
    network(x)
    randomize(network.variables, 0.1, seed=0)
    spec = tf.TensorSpec([None, 8, 8, 1], tf.float32, "x")
    signatures = {"f": Signature(lambda x: {"y": network(x)}, [spec])}
    write_saved_model(signatures, DataSpec(), tmp_path / "saved_model")
    with (
        in_process(),
        tflite.Converter(
            tmp_path / "saved_model",
            tmp_path,
            {"f": ["x"]},
            ["float32"],
            tmp_path,
        ) as converter,
    ):
        assert converter.convert() == {}
    path = str(tmp_path / "float32.tflite")
    y = Interpreter(path).get_signature_runner("f")(x=x)["y"]
    np.testing.assert_allclose(y, network(x), atol=1e-5)


def test_a_crash_costs_one_quantization(monkeypatch, tmp_path):
    started = []

    class Crashing:
        """Converts the first file and dies over the second."""

        def __init__(self, module, *arguments):
            names = arguments[4:]
            started.append(names)
            self.names = names

        def wait(self):
            if len(self.names) > 1:
                raise ProcessError("the process was killed by SIGKILL")

        def printed(self):
            return [json.dumps([self.names[0], ""])]

        def close(self):
            pass

    monkeypatch.setattr(tflite, "FreshProcess", Crashing)
    names = ["float32", "float16", "dynamic_range"]
    with tflite.Converter(
        tmp_path, tmp_path, {"f": ["x"]}, names, tmp_path
    ) as converter:
        failed = converter.convert()
    assert failed == {"float16": "the process was killed by SIGKILL"}
    assert started == [tuple(names), ("dynamic_range",)]

"""What TFLite does otherwise than one hopes, on the smallest of models.

Each test fails when a trap is gone, and its way around may go as well.
"""

import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from export import examples, tflite

pytestmark = pytest.mark.slow


def saved(tmp_path, function, *specs, variables=()):
    module = tf.Module()
    module.weights = list(variables)
    concrete = tf.function(
        function, input_signature=specs, autograph=False
    ).get_concrete_function()
    tf.saved_model.save(module, str(tmp_path / "sm"), {"f": concrete})
    return tmp_path / "sm"


def convert(tmp_path, function, *specs, variables=()):
    """Returns the path of the file, or why there is none."""
    folder = saved(tmp_path, function, *specs, variables=variables)
    converter = tf.lite.TFLiteConverter.from_saved_model(
        str(folder), signature_keys=["f"]
    )
    try:
        content = converter.convert()
    except Exception as error:
        return tflite._reason(error)
    path = tmp_path / "f.tflite"
    path.write_bytes(content)
    return path


def floats(*shape):
    return tf.TensorSpec(shape, tf.float32, "x")


def test_from_concrete_functions_drops_weights(tmp_path):
    """Without a word; the operators that read them tell on it."""
    model = keras.Sequential(
        [keras.layers.Input((100,)), keras.layers.Dense(100)]
    )
    function = tf.function(
        lambda x: {"y": model(x)}, input_signature=[floats(None, 100)]
    )
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [function.get_concrete_function()], model
    )
    path = tmp_path / "f.tflite"
    path.write_bytes(converter.convert())
    assert path.stat().st_size < 4 * 100 * 100
    assert "READ_VARIABLE" in tflite.forbidden_operators(path)
    variables = [v.value for v in model.variables]
    path = convert(
        tmp_path,
        lambda x: {"y": model(x)},
        floats(None, 100),
        variables=variables,
    )
    assert path.stat().st_size > 4 * 100 * 100
    assert not tflite.forbidden_operators(path)


@pytest.mark.parametrize(
    "function, operator",
    [
        (
            lambda x: tf.random.stateless_normal([2], tf.cast(x[:2], tf.int32)),
            "StatelessRandomNormal",
        ),
        (lambda x: tf.random.truncated_normal([2]) + x[:2], "TruncatedNormal"),
        (lambda x: tf.strings.upper(tf.strings.as_string(x)), "AsString"),
    ],
)
def test_no_built_in_operator(tmp_path, function, operator):
    problem = convert(tmp_path, lambda x: {"y": function(x)}, floats(2))
    assert not isinstance(problem, pathlib.Path)
    assert problem.startswith("no built-in operator for ")
    assert operator in problem


def test_keras_lstm_wants_a_fixed_batch(tmp_path):
    """Hence `tfgen.nn.recurrence_lite`."""
    lstm = keras.layers.LSTM(3)
    lstm(np.zeros((1, 2, 2), np.float32))
    variables = [v.value for v in lstm.variables]
    problem = convert(
        tmp_path,
        lambda x: {"y": lstm(x)},
        floats(None, None, 2),
        variables=variables,
    )
    assert "TensorList" in problem


def test_int8_of_a_looped_lstm_kills_the_process(tmp_path):
    """Which costs one quantization, and neither the others nor the export."""
    lstm = keras.layers.LSTM(3, return_sequences=True)
    lstm(np.zeros((1, 4, 2), np.float32))
    folder = saved(
        tmp_path,
        lambda x: {"y": lstm(x)},
        floats(1, 4, 2),
        variables=[v.value for v in lstm.variables],
    )
    rows = [
        examples.Example("f", True, {"x": np.ones((1, 4, 2), np.float32)})
    ] * 3
    examples.write(tmp_path / "calibration.npz", rows)
    with tflite.Converter(
        folder,
        tmp_path,
        ["f"],
        ["int8", "float32"],
        tmp_path / "calibration.npz",
    ) as converter:
        assert converter.convert() == {
            "int8": "the process was killed by SIGSEGV"
        }
    assert (tmp_path / "float32.tflite").exists()


def test_a_slice_of_nothing_is_something(tmp_path):
    """Hence `tf.zeros([0, ...])` where a tensor grows."""
    path = convert(tmp_path, lambda x: {"y": x[:0]}, floats(None, 3))
    runner = Interpreter(str(path)).get_signature_runner("f")
    assert runner(x=np.ones((1, 3), np.float32))["y"].shape == (1, 3)

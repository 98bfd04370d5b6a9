"""What TFLite does otherwise than one hopes, on the smallest of models.

Each test fails when a trap is gone, and its way around may go as well.
"""

import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from export import calls
from export.check.artefact import forbidden_operators
from export.write import tflite
from tests import tolerances
from tests.export.in_process import in_process
from tfgen.model import Latent
from tfgen.nn import levels

pytestmark = pytest.mark.slow


def saved(tmp_path, function, *specs, variables=()):
    module = tf.Module()
    module.weights = list(variables)
    concrete = tf.function(
        function, input_signature=specs, autograph=False
    ).get_concrete_function()
    tf.saved_model.save(module, str(tmp_path / "sm"), {"f": concrete})
    return tmp_path / "sm"


def convert(tmp_path, function, *specs, variables=(), change=None):
    """Returns the path of the file, or why there is none.

    `change` sets options of the converter.
    """
    folder = saved(tmp_path, function, *specs, variables=variables)
    converter = tf.lite.TFLiteConverter.from_saved_model(
        str(folder), signature_keys=["f"]
    )
    if change:
        change(converter)
    try:
        content = converter.convert()
    except Exception as error:
        return tflite.reason_of(error)
    path = tmp_path / "f.tflite"
    path.write_bytes(content)
    return path


def runner(path):
    return Interpreter(str(path)).get_signature_runner("f")


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
    assert "READ_VARIABLE" in forbidden_operators(path)
    variables = [v.value for v in model.variables]
    path = convert(
        tmp_path,
        lambda x: {"y": model(x)},
        floats(None, 100),
        variables=variables,
    )
    assert path.stat().st_size > 4 * 100 * 100
    assert not forbidden_operators(path)


def test_no_built_in_operator(tmp_path):
    def function(x):
        seed = tf.cast(x, tf.int32)
        return {
            "seeded": tf.random.stateless_normal([2], seed),
            "drawn": tf.random.truncated_normal([2]) + x,
            "text": tf.strings.upper(tf.strings.as_string(x)),
        }

    problem = convert(tmp_path, function, floats(2))
    assert not isinstance(problem, pathlib.Path)
    assert problem.startswith("no built-in operator for ")
    for operator in ("StatelessRandomNormal", "TruncatedNormal", "AsString"):
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
    """Hence a process of its own."""
    lstm = keras.layers.LSTM(3, return_sequences=True)
    lstm(np.zeros((1, 4, 2), np.float32))
    folder = saved(
        tmp_path,
        lambda x: {"y": lstm(x)},
        floats(1, 4, 2),
        variables=[v.value for v in lstm.variables],
    )
    rows = [calls.Call("f", True, {"x": np.ones((1, 4, 2), np.float32)})] * 3
    calls.write(tmp_path / "calibration.npz", rows)
    with tflite.Converter(
        folder,
        tmp_path,
        {"f": ["x"]},
        ["int8"],
        tmp_path / "calibration.npz",
    ) as converter:
        assert converter.convert() == {
            "int8": "the process was killed by SIGSEGV"
        }


def test_a_slice_of_nothing_is_something(tmp_path):
    """Hence `tf.zeros([0, ...])` where a tensor grows."""
    path = convert(tmp_path, lambda x: {"y": x[:0]}, floats(None, 3))
    assert runner(path)(x=np.ones((1, 3), np.float32))["y"].shape == (1, 3)


def test_softplus_is_infinite_far_out(tmp_path):
    """Hence `softplus` of `tfgen.nn.levels`, and densities in that form."""

    def ours(x):
        h, one = tf.stack([x, -x, x], axis=-1), tf.ones_like(x)
        return {
            "softplus": levels.softplus(x),
            "bernoulli": levels.Bernoulli().log_prob(one, h),
            "categorical": levels.Categorical(3).log_prob(one, h),
            "logistics": levels.LogisticMixture(3, 1).log_prob(one, h),
            "prior": Latent((2,), "logistic").log_prob(x),
        }

    def function(x):
        plain = {"plain": tf.nn.softplus(x), "log": tf.math.log_sigmoid(x)}
        return plain | ours(x)

    found = runner(convert(tmp_path, function, floats(1, 2)))(
        x=np.float32([[-200, 200]])
    )
    np.testing.assert_array_equal(found["plain"], [[0, np.inf]])
    np.testing.assert_array_equal(found["log"], [[-np.inf, 0]])
    for name, expected in ours(tf.constant([[-200.0, 200.0]])).items():
        np.testing.assert_allclose(
            found[name], expected, **tolerances.FLOAT32, err_msg=name
        )


def test_flex_files_run_nowhere(tmp_path):
    """Hence built-in operators alone."""

    def change(converter):
        ops = tf.lite.OpsSet
        converter.target_spec.supported_ops = [
            ops.TFLITE_BUILTINS,
            ops.SELECT_TF_OPS,
        ]

    path = convert(
        tmp_path,
        lambda x: {"y": tf.random.stateless_normal([2], tf.cast(x, tf.int32))},
        floats(2),
        change=change,
    )
    assert forbidden_operators(path) == ["CUSTOM"]
    with pytest.raises(RuntimeError, match="Flex delegate"):
        runner(path)(x=np.ones(2, np.float32))


def test_tables_of_other_signatures_are_converted(tmp_path):
    """Hence a vocabulary of constants."""
    module = tf.Module()
    keys = tf.lookup.KeyValueTensorInitializer(["a", "b"], [1, 2])
    module.table = tf.lookup.StaticHashTable(keys, 0)
    signatures = {
        "f": tf.function(
            lambda x: {"y": x + 1}, input_signature=[floats(None)]
        ).get_concrete_function(),
        "text": tf.function(
            lambda s: {"y": module.table.lookup(s)},
            input_signature=[tf.TensorSpec([None], tf.string, "s")],
        ).get_concrete_function(),
    }
    tf.saved_model.save(module, str(tmp_path), signatures)
    converter = tf.lite.TFLiteConverter.from_saved_model(
        str(tmp_path), signature_keys=["f"]
    )
    with pytest.raises(Exception, match="LookupTableImportV2"):
        converter.convert()


# Function of x, and the x that it is calibrated with.
INT8 = {
    "reverse": (
        lambda x: {"y": tf.reverse_sequence(x, [2], 1)},
        np.ones((1, 4, 3), np.float32),
    ),
    "one_hot": (lambda x: {"y": tf.one_hot(x, 3)}, np.int32([0, 2])),
    "lowest": (
        lambda x: {"y": tf.nn.softmax(tf.where(x > 0, x, x.dtype.min))},
        np.float32([[1, 2, -1]]),
    ),
}


@pytest.fixture(scope="module")
def int8(tmp_path_factory):
    """Calls one of `INT8`, computed in 8 bits."""
    folder = tmp_path_factory.mktemp("int8")
    module = tf.Module()
    functions = {
        name: tf.function(
            function, input_signature=[tf.TensorSpec(x.shape, x.dtype, "x")]
        ).get_concrete_function()
        for name, (function, x) in INT8.items()
    }
    tf.saved_model.save(module, str(folder / "sm"), functions)
    rows = [calls.Call(name, True, {"x": x}) for name, (_, x) in INT8.items()]
    calls.write(folder / "calibration.npz", rows)
    with (
        in_process(),
        tflite.Converter(
            folder / "sm",
            folder,
            dict.fromkeys(INT8, ["x"]),
            ["int8"],
            folder / "calibration.npz",
        ) as converter,
    ):
        assert converter.convert() == {}
    interpreter = Interpreter(str(folder / "int8.tflite"))

    def call(name):
        _, x = INT8[name]
        return interpreter.get_signature_runner(name)(x=x)["y"]

    return call


def test_int8_has_no_reverse_sequence(int8):
    """Hence `tf.gather` in `tfgen.nn.lstm`."""
    with pytest.raises(RuntimeError, match="not supported by reverse_sequence"):
        int8("reverse")


def test_int8_of_one_hot_is_off_by_a_half(int8):
    """Hence comparisons in `sentence_encoder`."""
    np.testing.assert_allclose(
        int8("one_hot"), [[1, 0.5, 0.5], [0.5, 0.5, 1]], atol=0.01
    )


def test_int8_beside_the_lowest_number_is_nothing(int8):
    """Its range leaves one step for all others; hence other masks."""
    # Not 0.27, 0.73, 0.
    np.testing.assert_allclose(
        int8("lowest"), np.full((1, 3), 1 / 3), atol=0.01
    )

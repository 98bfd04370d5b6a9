import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from export.write import flatbuffer


def tensor(name, shape, buffer):
    t = schema.TensorT()
    t.name, t.shape, t.buffer = name, np.int32(shape), buffer
    # As the converter writes them: without a scale, and of no use.
    t.quantization = schema.QuantizationParametersT()
    return t


def add(first, second, out, activation=0):
    operator = schema.OperatorT()
    operator.inputs, operator.outputs = np.int32([first, second]), [out]
    operator.opcodeIndex = 0
    operator.builtinOptionsType = schema.BuiltinOptions.AddOptions
    operator.builtinOptions = schema.AddOptionsT()
    operator.builtinOptions.fusedActivationFunction = activation
    operator.intermediates = np.int32([])
    return operator


@pytest.fixture
def path(tmp_path):
    """y = ((x + w) + w) + w, with w written twice; every step is named."""
    w = np.float32([1, 2, 3]).view(np.uint8)
    model = schema.ModelT()
    model.version, model.buffers = 3, []
    for data in (None, w, w.copy(), None, None, None, None):
        buffer = schema.BufferT()
        buffer.data = data
        model.buffers.append(buffer)
    graph = schema.SubGraphT()
    graph.tensors = [
        tensor("x", [3], 3),
        tensor("model/layer_1/weights", [3], 1),
        tensor("model/layer_2/weights", [3], 2),
        tensor("model/layer_1/output", [3], 4),
        tensor("model/layer_2/output", [3], 5),
        tensor("y", [3], 6),
    ]
    graph.operators = [add(0, 1, 3), add(3, 2, 4), add(4, 1, 5, activation=1)]
    graph.inputs, graph.outputs = [0], [5]
    model.subgraphs = [graph]
    code = schema.OperatorCodeT()  # ADD, whose code is 0
    code.version = 1
    model.operatorCodes = [code]
    path = tmp_path / "model.tflite"
    flatbuffer.write(path, model)
    return path


def run(path, x):
    interpreter = Interpreter(str(path))
    interpreter.allocate_tensors()
    interpreter.set_tensor(0, np.float32(x))
    interpreter.invoke()
    return interpreter.get_tensor(5).tolist()


def test_a_compact_file_computes_the_same(path):
    before = path.stat().st_size
    assert run(path, [-9, 0, 1]) == [0, 6, 10]
    flatbuffer.compact(path)
    assert run(path, [-9, 0, 1]) == [0, 6, 10]
    assert path.stat().st_size < before


def test_only_inputs_and_outputs_are_named(path):
    flatbuffer.compact(path)
    tensors = flatbuffer.read(path).subgraphs[0].tensors
    assert [t.name for t in tensors] == [b"x", *[None] * 4, b"y"]


def test_equal_weights_are_stored_once(path):
    weights = np.float32([1, 2, 3]).tobytes()
    assert path.read_bytes().count(weights) == 1
    flatbuffer.compact(path)
    assert path.read_bytes().count(weights) == 1
    model = flatbuffer.read(path)
    # The first buffer is empty, and stands for all that is computed.
    assert [b.data is not None for b in model.buffers] == [False, True, True]
    places = [t.buffer for t in model.subgraphs[0].tensors]
    assert places == [0, 1, 2, 0, 0, 0]


def test_tables_that_differ_stay_apart(path):
    """Options without offsets are shared; here two are equal, one is not."""
    flatbuffer.compact(path)
    operators = flatbuffer.read(path).subgraphs[0].operators
    options = [o.builtinOptions.fusedActivationFunction for o in operators]
    assert options == [0, 0, 1]


def test_weights_are_aligned(path):
    """To 16 bytes, as TFLite's schema says, so that they can be mapped."""
    flatbuffer.compact(path)
    content = path.read_bytes()
    assert content.index(np.float32([1, 2, 3]).tobytes()) % 16 == 0


def test_compact_twice_is_compact_once(path):
    flatbuffer.compact(path)
    once = path.read_bytes()
    flatbuffer.compact(path)
    assert path.read_bytes() == once

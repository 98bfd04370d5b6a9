import zipfile

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from export.metadata import pack

FILES = {"words.txt": "é\n".encode(), "empty": b""}


@pytest.fixture
def model(tmp_path):
    """y = x + x."""
    tensors = []
    for name in ("x", "y"):
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.buffer = name, [3], 0
        tensors.append(tensor)
    operator = schema.OperatorT()
    operator.inputs, operator.outputs, operator.opcodeIndex = [0, 0], [1], 0
    graph = schema.SubGraphT()
    graph.tensors, graph.operators = tensors, [operator]
    graph.inputs, graph.outputs = [0], [1]
    model = schema.ModelT()
    model.version = 3
    model.operatorCodes = [schema.OperatorCodeT()]  # ADD, whose code is 0
    model.operatorCodes[0].version = 1
    model.subgraphs, model.buffers = [graph], [schema.BufferT()]
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    path = tmp_path / "model.tflite"
    path.write_bytes(builder.Output())
    return path


def run(path):
    interpreter = Interpreter(str(path))
    interpreter.allocate_tensors()
    interpreter.set_tensor(0, np.float32([1, 2, 3]))
    interpreter.invoke()
    return interpreter.get_tensor(1).tolist()


def test_the_model_still_runs_and_the_files_are_there(model):
    before = run(model)
    pack(model, FILES)
    assert run(model) == before == [2, 4, 6]
    with zipfile.ZipFile(model) as archive:
        assert archive.testzip() is None
        assert {n: archive.read(n) for n in archive.namelist()} == FILES


def test_same_bytes_again(model):
    copy = model.with_name("copy.tflite")
    copy.write_bytes(model.read_bytes())
    for path in (model, copy):
        pack(path, FILES)
    assert copy.read_bytes() == model.read_bytes()


def test_without_files_nothing_changes(model):
    before = model.read_bytes()
    pack(model, {})
    assert model.read_bytes() == before


def test_metadata_name_the_files(model):
    """As metadata_schema.fbs says, read with offsets by hand."""
    pack(model, FILES)
    read = schema.Model.GetRootAs(model.read_bytes())
    (entry,) = [read.Metadata(i) for i in range(read.MetadataLength())]
    assert entry.Name() == b"TFLITE_METADATA"
    data = read.Buffers(entry.Buffer()).DataAsNumpy().tobytes()
    assert data[4:8] == b"M001"

    def uint(at, size=4):
        return int.from_bytes(data[at : at + size], "little")

    def field(table, number):
        vtable = table - int.from_bytes(
            data[table : table + 4], "little", signed=True
        )
        place = table + uint(vtable + 4 + 2 * number, 2)
        return place + uint(place)

    files = field(uint(0), 6)  # ModelMetadata.associated_files
    names = []
    for i in range(uint(files)):
        place = files + 4 + 4 * i
        name = field(place + uint(place), 0)  # AssociatedFile.name
        names.append(data[name + 4 : name + 4 + uint(name)].decode())
    assert names == list(FILES)

import zipfile

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from export.write.metadata import pack

FILES = {"words.txt": "é\n".encode(), "empty": b""}
DESCRIPTION = {
    "signatures": {
        "double": {
            "inputs": {"x": {"meaning": "gray levels", "range": [0, 17]}},
            "outputs": {"x_again": {"meaning": "twice as much"}},
        }
    }
}


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
    ends = []
    for index, name in enumerate(("x", "x_again")):
        end = schema.TensorMapT()
        end.name, end.tensorIndex = name, index
        ends.append([end])
    signature = schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = "double", 0
    signature.inputs, signature.outputs = ends
    model = schema.ModelT()
    model.version = 3
    model.operatorCodes = [schema.OperatorCodeT()]  # ADD, whose code is 0
    model.operatorCodes[0].version = 1
    model.subgraphs, model.buffers = [graph], [schema.BufferT()]
    model.signatureDefs = [signature]
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


class Table:
    """A table of a FlatBuffer, read by the numbers of its fields."""

    def __init__(self, data, at):
        self._data, self._at = data, at

    def _integer(self, at, size=4, signed=False):
        content = self._data[at : at + size]
        return int.from_bytes(content, "little", signed=signed)

    def _place(self, number):
        """Where a field lies; None if the table has none."""
        fields = self._at - self._integer(self._at, signed=True)
        if 4 + 2 * number >= self._integer(fields, 2):
            return None
        distance = self._integer(fields + 4 + 2 * number, 2)
        return self._at + distance if distance else None

    def byte(self, number):
        place = self._place(number)
        return 0 if place is None else self._data[place]

    def table(self, number):
        place = self._place(number)
        return Table(self._data, place + self._integer(place))

    def _vector(self, number):
        """The place of the first element, and the length."""
        place = self._place(number)
        if place is None:
            return 0, 0
        start = place + self._integer(place)
        return start + 4, self._integer(start)

    def text(self, number):
        start, length = self._vector(number)
        return self._data[start : start + length].decode()

    def floats(self, number):
        start, length = self._vector(number)
        return np.frombuffer(self._data, "<f4", length, start).tolist()

    def tables(self, number):
        start, length = self._vector(number)
        places = [start + 4 * i for i in range(length)]
        return [Table(self._data, p + self._integer(p)) for p in places]


def metadata(path):
    """The ModelMetadata of a file."""
    read = schema.Model.GetRootAs(path.read_bytes())
    entries = [read.Metadata(i) for i in range(read.MetadataLength())]
    (entry,) = [e for e in entries if e.Name() == b"TFLITE_METADATA"]
    data = read.Buffers(entry.Buffer()).DataAsNumpy().tobytes()
    assert data[4:8] == b"M001"
    return Table(data, int.from_bytes(data[:4], "little"))


def test_the_model_still_runs_and_the_files_are_there(model):
    before = run(model)
    pack(model, FILES, DESCRIPTION)
    assert run(model) == before == [2, 4, 6]
    with zipfile.ZipFile(model) as archive:
        assert archive.testzip() is None
        assert {n: archive.read(n) for n in archive.namelist()} == FILES
        # What lies there as it is can be mapped.
        kinds = {info.compress_type for info in archive.infolist()}
        assert kinds == {zipfile.ZIP_STORED}


def test_same_bytes_again(model):
    copy = model.with_name("copy.tflite")
    copy.write_bytes(model.read_bytes())
    for path in (model, copy):
        pack(path, FILES, DESCRIPTION)
    assert copy.read_bytes() == model.read_bytes()


def test_metadata_name_the_files(model):
    """As metadata_schema.fbs says: ModelMetadata.associated_files."""
    pack(model, FILES, DESCRIPTION)
    files = metadata(model).tables(6)
    assert [file.text(0) for file in files] == list(FILES)


def test_metadata_describe_the_tensors(model):
    pack(model, FILES, DESCRIPTION)
    (graph,) = metadata(model).tables(3)
    assert graph.text(0) == "double"
    (x,), (x_again,) = graph.tables(2), graph.tables(3)
    assert (x.text(0), x.text(1)) == ("x", "gray levels")
    assert (x_again.text(0), x_again.text(1)) == ("x_again", "twice as much")
    stats = x.table(5)
    assert (stats.floats(0), stats.floats(1)) == ([17], [0])
    (unit,) = x.tables(4)
    assert unit.byte(0) == 1  # NormalizationOptions, of (x - mean) / std
    assert (unit.table(1).floats(0), unit.table(1).floats(1)) == ([0], [1])
    assert not x_again.tables(4)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["toy", "pairs"])
def test_as_many_tensors_as_the_main_graph_has(name, request):
    """In its order, or else Android's MetadataExtractor throws."""
    path = request.getfixturevalue(name).tflite("float32")
    (graph,) = metadata(path).tables(3)
    interpreter = Interpreter(str(path))
    ends = interpreter.get_signature_list()[graph.text(0)]
    runner = interpreter.get_signature_runner(graph.text(0))
    for number, side, details, main in (
        (2, "inputs", runner.get_input_details(), "get_input_details"),
        (3, "outputs", runner.get_output_details(), "get_output_details"),
    ):
        told = [tensor.text(0) for tensor in graph.tables(number)]
        assert sorted(told) == sorted(ends[side])
        assert all(tensor.text(1) for tensor in graph.tables(number))
        order = [detail["index"] for detail in getattr(interpreter, main)()]
        assert [details[n]["index"] for n in told] == order


@pytest.mark.slow
def test_labels_and_vocabulary_belong_to_their_tensors(pairs):
    (graph,) = metadata(pairs.tflite("float32")).tables(3)
    found = {
        tensor.text(0): [(f.text(0), f.byte(2)) for f in tensor.tables(6)]
        for number in (2, 3)
        for tensor in graph.tables(number)
    }
    vocabulary, labels = ("vocabulary.txt", 5), ("labels.txt", 2)
    assert found["premise_ids"] == found["hypothesis_ids"] == [vocabulary]
    assert found["probabilities"] == [labels]
    assert not found["premise_attention"]

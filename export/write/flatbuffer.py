"""TFLite files as Python objects, and back, in few bytes.

The converter writes a name for each tensor, and each shape, string and table of
options as often as it occurs: for a network of many small layers, a third of
the file.
"""

import hashlib
import os
import pathlib
from collections.abc import Mapping, Sequence

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

_IDENTIFIER = b"TFL3"
# `force_align` of weights in TFLite's schema, which Python's `Pack` leaves out.
_ALIGNMENT = 16


def read(path: str | os.PathLike) -> schema.ModelT:
    """Returns the model that a file holds; what follows it is left out."""
    content = pathlib.Path(path).read_bytes()
    return schema.ModelT.InitFromPackedBuf(content, 0)


def runtime_of(path: str | os.PathLike) -> tuple[int, ...]:
    """Returns the first version of TFLite that reads a file; () if unknown."""
    model = read(path)
    for entry in model.metadata or []:
        if entry.name == b"min_runtime_version":
            text = bytes(model.buffers[entry.buffer].data).rstrip(b"\0")
            return tuple(map(int, text.split(b".")))
    return ()


def write(path: str | os.PathLike, model: schema.ModelT) -> None:
    """Writes a model; the same model makes the same bytes."""
    builder = _SharingBuilder()
    builder.Finish(model.Pack(builder), _IDENTIFIER)
    pathlib.Path(path).write_bytes(builder.Output())


def compact(
    path: str | os.PathLike,
    inputs: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Takes out of a file what no interpreter reads.

    Inputs and outputs keep their names. Signatures and their inputs are put in
    order; the converter's is by name. The first signature's graph is the one
    that runs where none is named.

    Args:
      path: of the file.
      inputs: signature -> names of its inputs, all in the order wanted; None
        leaves them as they are.
    """
    model = read(path)
    _strip(model)
    if inputs:
        _put_in_order(model, inputs)
    write(path, model)


def _put_in_order(model, inputs):
    found = {s.signatureKey.decode(): s for s in model.signatureDefs}
    model.signatureDefs = [found[name] for name in inputs]
    for signature, names in zip(model.signatureDefs, inputs.values()):
        ends = {end.name.decode(): end for end in signature.inputs}
        signature.inputs = [ends[name] for name in names]
        graph = model.subgraphs[signature.subgraphIndex]
        graph.inputs = np.int32([end.tensorIndex for end in signature.inputs])
    first = [s.subgraphIndex for s in model.signatureDefs]
    order = [*first, *(set(range(len(model.subgraphs))) - {*first})]
    place = {old: new for new, old in enumerate(order)}
    model.subgraphs = [model.subgraphs[old] for old in order]
    for signature in model.signatureDefs:
        signature.subgraphIndex = place[signature.subgraphIndex]
    for graph in model.subgraphs:
        for operator in graph.operators:
            # Loops and branches: `condSubgraphIndex`, `bodySubgraphIndex`, ….
            options = vars(operator.builtinOptions or operator)
            for field in options:
                if field.lower().endswith("subgraphindex"):
                    options[field] = place[options[field]]


def _strip(model):
    buffers, places = [schema.BufferT()], {}

    def place(old):
        data = model.buffers[old].data
        if data is None or not len(data):
            return 0  # by convention: what is computed
        if old not in places:
            places[old] = len(buffers)
            buffers.append(model.buffers[old])
        return places[old]

    for graph in model.subgraphs:
        ends = {*map(int, graph.inputs), *map(int, graph.outputs)}
        for i, tensor in enumerate(graph.tensors):
            tensor.buffer = place(tensor.buffer)
            tensor.name = tensor.name if i in ends else None
            if tensor.quantization and tensor.quantization.scale is None:
                tensor.quantization = None
        for operator in graph.operators:
            for field in ("intermediates", "mutatingVariableInputs"):
                value = getattr(operator, field)
                if value is not None and not len(value):
                    setattr(operator, field, None)
    for entry in model.metadata or []:
        entry.buffer = place(entry.buffer)
    model.buffers = buffers


class _SharingBuilder(flatbuffers.Builder):
    """Writes equal strings, arrays, and tables without offsets once.

    Several tables may then point at the same bytes, which the format allows.
    """

    def __init__(self):
        super().__init__(1 << 20)
        self._places = {}
        self._has_offsets = False

    def CreateString(self, s, *encoding):
        make = super().CreateString
        return self._once((str, s), lambda: make(s, *encoding))

    def CreateNumpyVector(self, x):
        make = super().CreateNumpyVector

        def aligned():
            self.Prep(x.itemsize if x.itemsize > 1 else _ALIGNMENT, x.nbytes)
            return make(x)

        digest = hashlib.sha256(x).digest()
        return self._once((x.dtype.str, digest), aligned)

    def _once(self, key, make):
        if key not in self._places:
            self._places[key] = make()
        return self._places[key]

    # Tables, which begin with their distance to a list of their fields.

    def StartObject(self, numfields):
        super().StartObject(numfields)
        self._has_offsets = False

    def PrependUOffsetTRelativeSlot(self, o, x, d):
        super().PrependUOffsetTRelativeSlot(o, x, d)
        self._has_offsets = True

    def EndObject(self):
        end = self.objectEnd
        place = super().EndObject()
        if self._has_offsets:
            return place
        table = len(self.Bytes) - place
        fields = table - self._integer(table, 4)
        content = (
            self._slice(fields, self._integer(fields, 2)),
            self._slice(table + 4, self._integer(fields + 2, 2) - 4),
        )
        known = self._once(content, lambda: place)
        if known != place:
            self.head = len(self.Bytes) - end
        return known

    def _integer(self, at, size):
        return int.from_bytes(self._slice(at, size), "little", signed=True)

    def _slice(self, at, size):
        return bytes(self.Bytes[at : at + size])

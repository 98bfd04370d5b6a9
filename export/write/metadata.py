"""TFLite Metadata: files inside of a TFLite file, and what its tensors are.

A TFLite file may end in a zip archive: interpreters read from its start, and
`unzip` from its end. Its buffer `TFLITE_METADATA` is a FlatBuffer that names
the files, and the inputs and outputs of the main graph, which Android's
`MetadataExtractor` insists on. TensorFlow does not bring its schema
(metadata_schema.fbs); what is used of it is written here.
"""

import os
import pathlib
import zipfile
from collections.abc import Mapping
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from export.write import flatbuffer

_NAME = "TFLITE_METADATA"
_IDENTIFIER = b"M001"
# Members of the enum AssociatedFileType and of the union ProcessUnitOptions.
_TENSOR_AXIS_LABELS, _VOCABULARY = 2, 5
_NORMALIZATION = 1


def pack(
    path: str | os.PathLike,
    files: Mapping[str, bytes],
    description: Mapping[str, Any],
) -> None:
    """Packs files into a TFLite file that has none, and says what it takes.

    Args:
      path: of the TFLite file, which is written anew.
      files: name -> content.
      description: of its signatures, see `export.write.description`. The main
        graph, which metadata describe, is that of one of them.
    """
    path = pathlib.Path(path)
    model = flatbuffer.read(path)
    entry = schema.MetadataT()
    entry.name, entry.buffer = _NAME, len(model.buffers)
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(_describe(model, files, description), np.uint8)
    model.buffers.append(buffer)
    model.metadata = [*(model.metadata or []), entry]
    flatbuffer.write(path, model)
    # Stored, not compressed: readers map the files where they lie.
    with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            # Without a date: the same model makes the same file.
            archive.writestr(zipfile.ZipInfo(name), content)


# A table is a tuple of its fields as the schema orders them, None where there
# is none; those at its end may be left out.


def _describe(model, files, description) -> bytearray:
    """A ModelMetadata: name, description, version, subgraphs, …, files."""
    graph = _main_graph(model, files, description)
    associated = [_associated_file(name) for name in files]
    builder = flatbuffers.Builder()
    table = (None, None, None, [graph], None, None, associated)
    builder.Finish(_write(builder, table), _IDENTIFIER)
    return builder.Output()


def _main_graph(model, files, description):
    """A SubGraphMetadata: name, description, inputs, outputs."""
    graph = model.subgraphs[0]
    signature = next(s for s in model.signatureDefs if s.subgraphIndex == 0)
    key = signature.signatureKey.decode()

    def tensors(side, order, ends):
        # A signature lists its ends by name, a graph in an order of its own.
        names = {end.tensorIndex: end.name.decode() for end in ends}
        told = description["signatures"][key][side]
        return [_tensor(side, names[i], told[names[i]], files) for i in order]

    return (
        key,
        None,
        tensors("inputs", graph.inputs, signature.inputs),
        tensors("outputs", graph.outputs, signature.outputs),
    )


def _tensor(side, name, told, files):
    """A TensorMetadata.

    Its fields are name, description, dimension names, content, process units,
    stats and files.
    """
    units = stats = None
    if "range" in told:
        low, high = np.float32(told["range"])
        stats = (np.array([high]), np.array([low]))
    if side == "inputs" and stats:
        # Of what goes in, gray levels alone have a range; the model takes them
        # as they come, (x - 0) / 1.
        mean_and_std = (np.zeros(1, np.float32), np.ones(1, np.float32))
        units = [(_NORMALIZATION, mean_and_std)]
    used = "labels.txt" if name in ("probabilities", "label") else ""
    used = "vocabulary.txt" if name.endswith("_ids") else used
    associated = [_associated_file(used)] if used in files else None
    return (name, told["meaning"], None, None, units, stats, associated)


def _associated_file(name):
    """An AssociatedFile: name, description, type."""
    kinds = {"labels.txt": _TENSOR_AXIS_LABELS, "vocabulary.txt": _VOCABULARY}
    return (name, None, kinds.get(name))


def _write(builder, value) -> int:
    """Writes a string, numbers, a list of tables or a table; returns where."""
    if isinstance(value, str):
        return builder.CreateString(value)
    if isinstance(value, np.ndarray):
        return builder.CreateNumpyVector(value)
    if isinstance(value, list):
        places = [_write(builder, table) for table in value]
        builder.StartVector(4, len(places), 4)
        for place in reversed(places):
            builder.PrependUOffsetTRelative(place)
        return builder.EndVector()
    # Numbers alone are enums, of one byte, and lie in the table itself.
    places = [
        field if isinstance(field, int | None) else _write(builder, field)
        for field in value
    ]
    builder.StartObject(len(value))
    for slot, (field, place) in enumerate(zip(value, places)):
        if isinstance(field, int):
            builder.PrependByteSlot(slot, place, 0)
        elif field is not None:
            builder.PrependUOffsetTRelativeSlot(slot, place, 0)
    return builder.EndObject()

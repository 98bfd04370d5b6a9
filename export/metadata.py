"""Files inside of a TFLite file, as TFLite Metadata lays them down.

A TFLite file may end in a zip archive: interpreters read from its start, and
`unzip` from its end. Its buffer `TFLITE_METADATA` is a FlatBuffer that names
the files, which Android's `MetadataExtractor` asks for. TensorFlow does not
bring its schema (metadata_schema.fbs); what is used of it is written here.
"""

import os
import pathlib
import zipfile
from collections.abc import Mapping

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from export import flatbuffer

_NAME = "TFLITE_METADATA"
_IDENTIFIER = b"M001"
# Fields of the tables ModelMetadata and AssociatedFile, by place.
_ASSOCIATED_FILES, _NUM_FIELDS = 6, 8
_FILE_NAME, _FILE_NUM_FIELDS = 0, 5


def pack(path: str | os.PathLike, files: Mapping[str, bytes]) -> None:
    """Packs files into a TFLite file that has none.

    Args:
      path: of the TFLite file, which is written anew.
      files: name -> content.
    """
    if not files:
        return
    path = pathlib.Path(path)
    model = flatbuffer.read(path)
    entry = schema.MetadataT()
    entry.name, entry.buffer = _NAME, len(model.buffers)
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(_describe(files), np.uint8)
    model.buffers.append(buffer)
    model.metadata = [*(model.metadata or []), entry]
    flatbuffer.write(path, model)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            # Without a date: the same model makes the same file.
            archive.writestr(zipfile.ZipInfo(name), content)


def _describe(files: Mapping[str, bytes]) -> bytearray:
    """A ModelMetadata that names the files."""
    builder = flatbuffers.Builder()
    entries = []
    for name in files:
        text = builder.CreateString(name)
        builder.StartObject(_FILE_NUM_FIELDS)
        builder.PrependUOffsetTRelativeSlot(_FILE_NAME, text, 0)
        entries.append(builder.EndObject())
    builder.StartVector(4, len(entries), 4)
    for entry in reversed(entries):
        builder.PrependUOffsetTRelative(entry)
    vector = builder.EndVector()
    builder.StartObject(_NUM_FIELDS)
    builder.PrependUOffsetTRelativeSlot(_ASSOCIATED_FILES, vector, 0)
    builder.Finish(builder.EndObject(), _IDENTIFIER)
    return builder.Output()

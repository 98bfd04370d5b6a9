"""The signatures of a SavedModel, read without loading it."""

import os
import pathlib
from collections.abc import Mapping

from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2


def read_signature_defs(
    folder: str | os.PathLike,
) -> Mapping[str, meta_graph_pb2.SignatureDef]:
    """Returns name -> signature, of those that are not TensorFlow's own.

    Args:
      folder: of the SavedModel.
    """
    proto = saved_model_pb2.SavedModel()
    proto.ParseFromString(pathlib.Path(folder, "saved_model.pb").read_bytes())
    return {
        name: signature
        for name, signature in proto.meta_graphs[0].signature_def.items()
        if not name.startswith("__")  # of the saver
    }

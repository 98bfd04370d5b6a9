"""The graph and signatures of a SavedModel, read without loading it."""

import os
import pathlib
from collections.abc import Mapping

from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2

from tfgen.errors import UserError
from tfgen.files import failure


def read_meta_graph(
    folder: str | os.PathLike,
) -> meta_graph_pb2.MetaGraphDef:
    """Returns the graph of a SavedModel.

    Args:
      folder: of the SavedModel.

    Raises:
      UserError: there is none, or it is damaged.
    """
    path = pathlib.Path(folder, "saved_model.pb")
    proto = saved_model_pb2.SavedModel()
    try:
        proto.ParseFromString(path.read_bytes())
        (graph,) = proto.meta_graphs
    except (OSError, DecodeError, ValueError) as error:
        raise UserError(
            f"{path}: not the graph of a SavedModel ({failure(error)}); export"
            " the model again."
        ) from error
    return graph


def read_signature_defs(
    folder: str | os.PathLike,
) -> Mapping[str, meta_graph_pb2.SignatureDef]:
    """Returns name -> signature, of those that are not TensorFlow's own.

    Args:
      folder: of the SavedModel.

    Raises:
      UserError: see `read_meta_graph`.
    """
    return {
        name: signature
        for name, signature in read_meta_graph(folder).signature_def.items()
        if not name.startswith("__")  # of the saver
    }

"""What the signatures of an artefact take and give, for programs to read."""

import os
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from export.write import flatbuffer
from tfgen.config import DataSpec
from tfgen.tensors import TENSORS

# The name of the description among the files that are packed into a TFLite one.
DESCRIPTION = "description.json"

_TYPES = {
    value: name.lower()
    for name, value in vars(schema.TensorType).items()
    if not name.startswith("_")
}


def describe(path: str | os.PathLike, spec: DataSpec) -> dict[str, Any]:
    """Returns what JSON can hold.

    Args:
      path: of the TFLite file.
      spec: of the model's data.

    Returns:
      `signatures`: name -> `inputs` and `outputs`, each name -> `shape` (-1 is
      free), `type`, `meaning`; `range` where it is known (the upper end of gray
      levels is open); `scale` and `zero` of 8-bit integers, which stand for
      `scale * (q - zero)`. Of classifiers also `labels`, and of those of
      sentences `vocabulary`, `tokenizer` (names of files), `lower` and
      `max_length` (0: any).
    """
    model = flatbuffer.read(path)

    def ends(signature, side):
        tensors = model.subgraphs[signature.subgraphIndex].tensors
        named = {
            end.name.decode(): tensors[end.tensorIndex]
            for end in getattr(signature, side)
        }
        return {name: _tensor(name, t, spec) for name, t in named.items()}

    signatures = {
        signature.signatureKey.decode(): {
            side: ends(signature, side) for side in ("inputs", "outputs")
        }
        for signature in model.signatureDefs
    }
    found: dict[str, Any] = {"signatures": signatures}
    if spec.labels:
        found["labels"] = list(spec.labels)
    if spec.words:
        found |= {
            "vocabulary": "vocabulary.txt",
            "tokenizer": "tokenizer.json",
            "lower": spec.lower,
            "max_length": spec.max_length,
        }
    return found


def describe_saved_model(
    folder: str | os.PathLike, spec: DataSpec
) -> dict[str, Any]:
    """Returns `signatures` of a SavedModel, as `describe` does.

    Args:
      folder: of the SavedModel.
      spec: of the model's data.
    """
    import tensorflow as tf

    from export.signature_defs import read_signature_defs

    def end(name, info):
        sizes = [dim.size for dim in info.tensor_shape.dim]
        return _told(name, sizes, tf.dtypes.as_dtype(info.dtype).name, spec)

    return {
        "signatures": {
            name: {
                side: {n: end(n, i) for n, i in sorted(infos.items())}
                for side, infos in (
                    ("inputs", signature.inputs),
                    ("outputs", signature.outputs),
                )
            }
            for name, signature in sorted(read_signature_defs(folder).items())
        }
    }


def _tensor(name, tensor, spec):
    shape = tensor.shape
    if tensor.shapeSignature is not None and len(tensor.shapeSignature):
        shape = tensor.shapeSignature
    found = _told(name, np.asarray(shape).tolist(), _TYPES[tensor.type], spec)
    if found["type"] == "int8":
        found["scale"] = float(tensor.quantization.scale[0])
        found["zero"] = int(tensor.quantization.zeroPoint[0])
    return found


def _told(name, shape, kind, spec):
    found = {
        "shape": shape,
        "type": kind,
        "meaning": TENSORS[name].meaning if name in TENSORS else "",
    }
    if name in ("x", "x_again"):
        found["meaning"] = "examples, in the data's own unit"
        if spec.levels:
            found["meaning"] = "gray levels, not normalized"
            found["range"] = [0, spec.levels]
    if name == "probabilities" or name.endswith("_attention"):
        found["range"] = [0, 1]
    return found

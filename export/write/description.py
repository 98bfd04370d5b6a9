"""What the signatures of an artefact take and give, for programs to read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from export.write import flatbuffer
from tfgen.config import DataSpec
from tfgen.tensors import TENSORS, named

if TYPE_CHECKING:
    from tfgen.model import Latent
    from tfgen.nn.any_size import Sides

# The name of the description among the files that are packed into a TFLite one.
DESCRIPTION = "description.json"


def describe(
    path: str | os.PathLike,
    spec: DataSpec,
    latents: Mapping[str, Latent] | None = None,
    sides: Sides | None = None,
) -> dict[str, Any]:
    """Returns what JSON can hold.

    Args:
      path: of the TFLite file.
      spec: of the model's data.
      latents: of the model.
      sides: likewise.

    Returns:
      `signatures`: name -> `inputs` and `outputs`, each name -> `shape` (-1 is
      free), `type`, `meaning`; `range` where it is known (the upper end of gray
      levels is open); `names` of its numbers, in their order, where they have
      some; `sides` of pictures that need not have the data's; `scale` and
      `zero` of 8-bit integers, for `scale * (q - zero)`.
      Of latents, if there are any, `latents`: name -> `shape`, of one, and
      `prior`, see `tfgen.model`. Of classifiers also `labels`, and of those of
      sentences `vocabulary`, `tokenizer` (names of files), `lower` and
      `max_length` (0: any).
    """
    # Without delegates, nothing of the file is run.
    interpreter = Interpreter(
        os.fspath(path),
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    signatures = {}
    # The interpreter lists inputs by name, the file in their order.
    for signature in flatbuffer.read(path).signatureDefs:
        name = signature.signatureKey.decode()
        runner = interpreter.get_signature_runner(name)
        told = runner.get_input_details() | runner.get_output_details()
        signatures[name] = {
            side: {
                n: _tensor(n, told[n], spec, sides)
                for n in (end.name.decode() for end in ends)
            }
            for side, ends in (
                ("inputs", signature.inputs),
                ("outputs", signature.outputs),
            )
        }
    found: dict[str, Any] = {"signatures": signatures}
    if latents:
        found["latents"] = {
            name: {"shape": list(latent.shape), "prior": latent.prior}
            for name, latent in latents.items()
        }
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
    folder: str | os.PathLike, spec: DataSpec, sides: Sides | None = None
) -> dict[str, Any]:
    """Returns `signatures` of a SavedModel, as `describe` does.

    Args:
      folder: of the SavedModel.
      spec: of the model's data.
      sides: of the model.
    """
    import tensorflow as tf

    from export.signature_defs import read_signature_defs

    def ends(infos):
        found = {}
        for name, info in sorted(infos.items()):
            sizes = [dim.size for dim in info.tensor_shape.dim]
            kind = tf.as_dtype(info.dtype).name
            found[name] = _told(name, sizes, kind, spec, sides)
        return found

    return {
        "signatures": {
            name: {"inputs": ends(def_.inputs), "outputs": ends(def_.outputs)}
            for name, def_ in sorted(read_signature_defs(folder).items())
        }
    }


def _tensor(name, detail, spec, sides):
    kind = np.dtype(detail["dtype"]).name
    shape = detail["shape_signature"].tolist()
    found = _told(name, shape, kind, spec, sides)
    if kind == "int8":
        found["scale"], found["zero"] = detail["quantization"]
    return found


def _column(column):
    step = f" (multiples of {column.step:g})" if column.step else ""
    return column.name + step


def _told(name, shape, kind, spec, sides=None):
    # A name that says nothing is a latent's: fields follow below.
    tensor = named(name) or TENSORS["code_1"]
    found = {"shape": shape, "type": kind, "meaning": tensor.meaning}
    other_sides = sides and name.startswith("any_")
    name = name.removeprefix("any_")
    if name in ("x", "x_again"):
        found["meaning"] = "examples, in the data's own unit"
        if names := ", ".join(map(_column, spec.columns)):
            found["meaning"] = f"a row, in the table's own units: {names}"
        if spec.levels:
            found["meaning"] = "gray levels, not normalized"
            found["range"] = [0, spec.levels]
    for field in spec.fields:
        if name == field.name and field.levels:
            found["range"] = [0, field.levels]
        if name == field.name and field.columns:
            names = ", ".join(column.name for column in field.columns)
            found["meaning"] = f"columns, in the table's own units: {names}"
        elif name == field.name and not named(name):
            found["meaning"] = "a field of the data, in its own unit"
        if name == field.name and field.names:
            found["names"] = list(field.names)
            found["meaning"] += f": {', '.join(field.names)}"
    if name == "label" and spec.num_classes:
        found["meaning"] = f"the class, 0 to {spec.num_classes - 1}"
    if other_sides:
        found["sides"] = sides._asdict()
        found["meaning"] += f"; height and width: {sides}"
    if name == "probabilities" or name.endswith("_attention"):
        found["range"] = [0, 1]
    return found

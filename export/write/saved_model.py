"""SavedModels for TensorFlow Serving."""

import dataclasses
import os
from collections.abc import Mapping

import tensorflow as tf

from export.calls import DEFAULT
from export.write.png_signatures import WHITE, with_pictures
from tfgen.capabilities import Signature
from tfgen.config import DataSpec
from tfgen.files import writing
from tfgen.nn.exported import for_export


def write_saved_model(
    signatures: Mapping[str, Signature],
    spec: DataSpec,
    folder: str | os.PathLike,
    background: str = WHITE,
) -> None:
    """Writes a SavedModel into `folder`.

    It has these signatures and those of their pictures; `serving_default` is
    the first of them; docs/signatures.md names them all. Inputs and outputs
    have the names of the specs and of the returned dicts, and a free leading
    batch dimension.

    Args:
      signatures: of a model, by name.
      spec: of its data.
      folder: need not exist; TensorFlow Serving wants `<name>/<version>`.
      background: see `with_pictures`.

    Raises:
      UserError: the folder cannot be written.
    """
    # A picture's function calls that of its array, so that no graph is there
    # twice.
    signatures = with_pictures(
        {name: _traced(s) for name, s in signatures.items()}, spec, background
    )
    with for_export():
        functions = {
            name: _traced(signature).function.get_concrete_function()
            for name, signature in signatures.items()
        }
    # What is saved are the variables that the functions read. (TensorFlow does
    # not find those of the layers in a Keras layer's list attributes: given the
    # model, it fails with "untracked resource".)
    variables = {v.ref(): v for f in functions.values() for v in f.variables}
    module = tf.Module()
    module.weights = list(variables.values())
    functions = {DEFAULT: next(iter(functions.values())), **functions}
    with writing(folder):
        tf.saved_model.save(module, os.fspath(folder), signatures=functions)


def _traced(signature: Signature) -> Signature:
    function = tf.function(
        signature.function,
        input_signature=list(signature.inputs),
        autograph=False,
    )
    return dataclasses.replace(signature, function=function)

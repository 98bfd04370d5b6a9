"""SavedModels for TensorFlow Serving."""

import dataclasses
import os
import pathlib

import keras
import tensorflow as tf

from export.check import DEFAULT
from export.pictures import with_pictures
from tfgen.errors import UserError
from tfgen.files import failure
from tfgen.models.contract import Signature


def write_saved_model(model: keras.Model, folder: str | os.PathLike) -> None:
    """Writes a SavedModel into `folder`.

    Its signatures are the model's and those of their pictures, and
    `serving_default` is the first of them; docs/signatures.md names them all.
    Inputs and outputs have the names of the specs and of the returned dicts,
    and a free leading batch dimension.

    Args:
      model: see `tfgen.models.contract`.
      folder: need not exist; TensorFlow Serving wants `<name>/<version>`.

    Raises:
      UserError: the folder cannot be written.
    """
    # A picture's function calls that of its array, so that no graph is there
    # twice.
    signatures = with_pictures(
        {name: _traced(s) for name, s in model.signatures().items()}, model.spec
    )
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
    default = next(iter(functions.values()))
    try:
        tf.saved_model.save(
            module,
            os.fspath(folder),
            signatures={DEFAULT: default, **functions},
        )
    except (OSError, tf.errors.OpError) as error:
        raise UserError(
            f"{folder}: could not write the SavedModel ({failure(error)}); mend"
            " that, or choose another folder."
        ) from error


def _traced(signature: Signature) -> Signature:
    function = tf.function(
        signature.function,
        input_signature=list(signature.inputs),
        autograph=False,
    )
    return dataclasses.replace(signature, function=function)


def next_version(*parents: pathlib.Path) -> int:
    """Returns 1 + the largest number that names an entry of the folders."""
    versions = [
        int(path.name)
        for parent in parents
        if parent.is_dir()
        for path in parent.iterdir()
        if path.name.isdecimal()
    ]
    return max(versions, default=0) + 1

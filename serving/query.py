"""From what a user types, and files, to arrays; and from arrays to files."""

import json
import os
import pathlib
import re
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf
from absl import logging

from export.calls import Arrays
from serving.arrays import to_array, to_plain
from serving.signatures import SignatureSpec, text_of
from tfgen.data import image_file
from tfgen.errors import UserError

# What is plain text where a string is asked for, although JSON reads it.
_WORDS = (int, float, bool, type(None))
_BAD = (OSError, ValueError, KeyError, image_file.BadImageError)


def read_inputs(
    texts: Sequence[str], signature: SignatureSpec, levels: int = 256
) -> dict[str, np.ndarray]:
    """Returns the inputs of a signature.

    Args:
      texts: `name=value` or `name=@file`, or `@file.npz` for all of its arrays.
        A value is JSON, or plain text for one string (42, too); a file is
        `.json`, `.npy`, `.npz` (the array of that name) or an image, which is
        read as in folders (see `tfgen.data.image_file`), on white. What lacks
        the batch dimension becomes one row. A name again adds rows.
      signature: says the types.
      levels: gray levels of a picture that is read as numbers.

    Raises:
      UserError: a value that is not what the signature takes.
    """
    inputs = {}
    for text in texts:
        try:
            for name, rows in _read(text, signature, levels).items():
                before = [inputs[name]] if name in inputs else []
                inputs[name] = np.concatenate([*before, rows])
        except _BAD as error:
            raise UserError(f"input={text}: {error}.") from error
    return inputs


def _read(text: str, signature: SignatureSpec, levels: int) -> Arrays:
    """The inputs of one text; fails without the text's name."""
    if text.startswith("@"):
        with np.load(text[1:]) as arrays:
            items = dict(arrays)
    else:
        name, equals, value = text.partition("=")
        if not equals:
            raise ValueError("write name=value or @FILE.npz")
        items = {name: value}
    found = {}
    for name, value in items.items():
        if name not in signature.inputs:
            raise ValueError(
                f"signature {signature.name} has no input {name!r}; it has"
                f" {', '.join(signature.inputs)}"
            )
        tensor = signature.inputs[name]
        if isinstance(value, str):
            value = _value(name, value, tensor, levels)
        found[name] = _array(value, tensor)
    return found


def _value(name: str, value: str, tensor: tf.TensorSpec, levels: int):
    if not value.startswith("@"):
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            return value
        if tensor.dtype == tf.string and isinstance(found, _WORDS):
            return value
        return found
    path = pathlib.Path(value[1:])
    if path.suffix == ".json":
        return json.loads(path.read_text())
    if path.suffix == ".npy":
        return np.load(path)
    if path.suffix == ".npz":
        with np.load(path) as arrays:
            return arrays[name]
    if tensor.dtype == tf.string:
        return path.read_bytes()
    gray = tensor.shape.rank and tensor.shape[-1] == 1
    image = image_file.read(path, None, 1 if gray else 3)
    for note in image.notes:
        on = " on white" if note == "transparent" else ""
        logging.warning("input=%s=%s: %s%s.", name, value, note, on)
    return np.round(image.x * np.float32((levels - 1) / 255))


def _array(value, tensor: tf.TensorSpec) -> np.ndarray:
    try:
        array = to_array(value, tensor)
        if tensor.shape.rank == array.ndim + 1:
            array = array[None]
        if not tensor.shape.is_compatible_with(array.shape):
            raise ValueError(f"has the shape {list(array.shape)}")
    except ValueError as error:
        raise ValueError(f"{error}; it must be {text_of(tensor)}") from error
    return array


def write_pictures(
    outputs: Arrays, folder: str | os.PathLike
) -> tuple[dict, list[pathlib.Path]]:
    """Writes the rows of outputs named `*_bytes` as files.

    Args:
      outputs: of a signature.
      folder: gets `<name>_<row>.png`; `.bin` for what is no PNG.

    Returns:
      The other outputs, as what JSON can hold; the files.

    Raises:
      UserError: a file cannot be written, or a name is that of no file.
    """
    others, paths = {}, []
    for name, array in outputs.items():
        if not name.endswith("_bytes"):
            plain = to_plain(array, as_b64=False)
            others[name] = plain if isinstance(plain, list) else plain.tolist()
            continue
        # The server chose it.
        if not re.fullmatch(r"[\w-]{1,100}", name):
            raise UserError(
                f"server: calls an output {name!r:.60}, which may lead out of"
                f" {folder}; expected letters, digits, - and _."
            )
        for i, content in enumerate(array.flat):
            end = "png" if content.startswith(b"\x89PNG") else "bin"
            paths.append(pathlib.Path(folder, f"{name}_{i}.{end}"))
            try:
                paths[-1].parent.mkdir(parents=True, exist_ok=True)
                paths[-1].write_bytes(content)
            except OSError as error:
                raise UserError(
                    f"out={folder}: {error.strerror}; give a folder instead."
                ) from error
    return others, paths


def describe(signatures: Mapping[str, SignatureSpec]) -> str:
    """Returns lines that say what a model offers."""
    lines = []
    for signature in signatures.values():
        ins, outs = signature.inputs.items(), signature.outputs.items()
        lines.append(signature.name)
        lines += [f"  in  {name}: {text_of(t)}" for name, t in ins]
        lines += [f"  out {name}: {text_of(t)}" for name, t in outs]
    return "\n".join(lines)

"""From what a user types, and files, to arrays; and from arrays to files."""

import contextlib
import io
import json
import os
import pathlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import tensorflow as tf
from PIL import Image

from export.calls import Arrays
from serving.arrays import to_array, to_plain
from serving.signatures import SignatureSpec, text_of
from tfgen.errors import UserError

# What is plain text where a string is asked for, although JSON reads it.
_WORDS = (int, float, bool, type(None))


def read_inputs(
    texts: Sequence[str], signature: SignatureSpec, levels: int = 256
) -> dict[str, np.ndarray]:
    """Returns the inputs of a signature.

    Args:
      texts: `name=value` or `name=@file`, or `@file.npz` for all of its arrays.
        A value is JSON, or plain text for one string (42, too); a file is
        `.json`, `.npy`, `.npz` (the array of that name) or `.png`. What lacks
        the batch dimension becomes one row.
      signature: says the types.
      levels: gray levels of a picture that is read as numbers.

    Raises:
      UserError: a value that is not what the signature takes.
    """
    inputs = {}
    for text in texts:
        if text.startswith("@"):
            with _reading(text), np.load(text[1:]) as arrays:
                items = dict(arrays)
        else:
            name, equals, value = text.partition("=")
            if not equals:
                raise UserError(f"input={text}: write name=value or @FILE.npz.")
            items = {name: value}
        for name, value in items.items():
            if name not in signature.inputs:
                known = ", ".join(signature.inputs)
                raise UserError(
                    f"input={text}: signature {signature.name} has no input"
                    f" {name!r}; it has {known}."
                )
            tensor = signature.inputs[name]
            if isinstance(value, str):
                value = _value(text, name, value, tensor, levels)
            inputs[name] = _array(text, value, tensor)
    return inputs


@contextlib.contextmanager
def _reading(text: str) -> Iterator[None]:
    """Turns a file that cannot be read into a `UserError`."""
    try:
        yield
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"input={text}: {error}") from error


def _value(
    text: str, name: str, value: str, tensor: tf.TensorSpec, levels: int
):
    if not value.startswith("@"):
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            return value
        if tensor.dtype == tf.string and isinstance(found, _WORDS):
            return value
        return found
    path = pathlib.Path(value[1:])
    with _reading(text):
        if path.suffix == ".json":
            return json.loads(path.read_text())
        if path.suffix == ".npy":
            return np.load(path)
        if path.suffix == ".npz":
            with np.load(path) as arrays:
                return arrays[name]
        content = path.read_bytes()
        if tensor.dtype == tf.string:
            return content
        return _pixels(content, tensor) * np.float32((levels - 1) / 255)


def _pixels(content: bytes, tensor: tf.TensorSpec) -> np.ndarray:
    colours = tensor.shape[-1] if tensor.shape.rank else 3
    image = Image.open(io.BytesIO(content)).convert(
        "L" if colours == 1 else "RGB"
    )
    pixels = np.asarray(image, np.float32)
    return pixels[..., None] if colours == 1 else pixels


def _array(text: str, value, tensor: tf.TensorSpec) -> np.ndarray:
    rank = tensor.shape.rank
    try:
        array = to_array(value, tensor)
        if rank is not None and array.ndim == rank - 1:
            array = array[None]
        if not tensor.shape.is_compatible_with(array.shape):
            raise ValueError(f"has the shape {list(array.shape)}")
    except ValueError as error:
        raise UserError(
            f"input={text}: {error}; it must be {text_of(tensor)}."
        ) from error
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
      UserError: a file cannot be written.
    """
    others, paths = {}, []
    for name, array in outputs.items():
        if not name.endswith("_bytes"):
            plain = to_plain(array, as_b64=False)
            others[name] = plain if isinstance(plain, list) else plain.tolist()
            continue
        try:
            paths += _write_files(name, array, pathlib.Path(folder))
        except OSError as error:
            raise UserError(
                f"out={folder}: {error.strerror}; give a folder to write"
                " pictures in."
            ) from error
    return others, paths


def _write_files(
    name: str, array: np.ndarray, folder: pathlib.Path
) -> list[pathlib.Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for i, content in enumerate(array.flat):
        end = "png" if content.startswith(b"\x89PNG") else "bin"
        paths.append(folder / f"{name}_{i}.{end}")
        paths[-1].write_bytes(content)
    return paths


def describe(signatures: Mapping[str, SignatureSpec]) -> str:
    """Returns lines that say what a model offers."""
    lines = []
    for signature in signatures.values():
        lines.append(signature.name)
        for arrow, tensors in (
            ("in ", signature.inputs),
            ("out", signature.outputs),
        ):
            lines += [
                f"  {arrow} {n}: {text_of(t)}" for n, t in tensors.items()
            ]
    return "\n".join(lines)

"""Inputs, and the outputs that the Keras model gives for them."""

from __future__ import annotations

import dataclasses
import io
import math
import pathlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from tfgen.errors import UserError

if TYPE_CHECKING:  # a check runs without Keras
    import keras

    from tfgen.capabilities import Signature

Arrays = Mapping[str, np.ndarray]

# One row alone, and a batch of a size that nothing else has.
BATCH_SIZES = (1, 7)


@dataclasses.dataclass(frozen=True)
class Example:
    """One call of one signature.

    Attributes:
      signature: its name.
      on_device: whether TFLite files have it, too.
      inputs: name -> [B, ...].
      outputs: name -> [B, ...], Keras's; none where they are not compared.
    """

    signature: str
    on_device: bool
    inputs: Arrays
    outputs: Arrays = dataclasses.field(default_factory=dict)


def to_array(tensor: object) -> np.ndarray:
    """Returns a tensor as an array; strings as bytes, which need no pickle."""
    array = np.asarray(tensor)
    return array.astype(bytes) if array.dtype == object else array


def error_of(actual: Arrays, expected: Arrays) -> float:
    """Returns the largest `|a - b| / max(1, |b|)` of all outputs.

    It is infinite if names, shapes or types differ, and NaN if a value is not
    finite. What are not floating-point numbers must be equal, but for pictures,
    whose pixels may be rounded to the next shade.
    """
    if set(actual) != set(expected):
        return math.inf
    errors = [
        (_error_of_pictures if n.endswith("_bytes") else _error_of_array)(
            actual[n], expected[n]
        )
        for n in expected
    ]
    return float(np.max(errors))


def _error_of_pictures(actual: np.ndarray, expected: np.ndarray) -> float:
    if actual.shape != expected.shape:
        return math.inf
    pairs = [(_pixels(a), _pixels(b)) for a, b in zip(actual, expected)]
    if any(a.shape != b.shape or np.max(abs(a - b)) > 1 for a, b in pairs):
        return math.inf
    return 0.0


def _error_of_array(actual: np.ndarray, expected: np.ndarray) -> float:
    # The type of strings holds the length of the longest.
    strings = actual.dtype.kind == expected.dtype.kind == "S"
    if actual.shape != expected.shape or not (
        strings or actual.dtype == expected.dtype
    ):
        return math.inf
    if not np.issubdtype(expected.dtype, np.floating):
        return 0.0 if np.array_equal(actual, expected) else math.inf
    b = expected.astype(np.float64)
    with np.errstate(invalid="ignore"):
        errors = np.abs(actual - b) / np.maximum(1, np.abs(b))
    return np.max(errors, initial=0)


def _pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png))).astype(int)


def compute(model: keras.Model, seed: int = 20_080) -> list[Example]:
    """Returns a call of each signature for each of `BATCH_SIZES`.

    The functions run eagerly, so that what is compared with them shares no
    graph with them. Different batches hold different rows.

    Args:
      model: see `tfgen.model`.
      seed: of the inputs.
    """
    # These import TensorFlow.
    from export.pictures import with_pictures
    from tfgen import capabilities

    signatures = with_pictures(capabilities.signatures(model), model.spec)
    examples = []
    for size in BATCH_SIZES:
        rows = capabilities.example_inputs(model, size, seed + size)
        for name, signature in signatures.items():
            inputs = {s.name: rows[s.name] for s in signature.inputs}
            outputs = _call(signature, inputs)
            examples.append(Example(name, signature.on_device, inputs, outputs))
    return examples


def _call(signature: Signature, inputs: Arrays) -> Arrays:
    outputs = signature.function(*inputs.values())
    return {name: to_array(output) for name, output in outputs.items()}


def write(path: pathlib.Path, examples: Iterable[Example]) -> None:
    """Writes an `.npz` file: `<index>/<field>` or `<index>/<field>/<name>`."""
    arrays = {}
    for i, example in enumerate(examples):
        for field, value in vars(example).items():
            if isinstance(value, Mapping):
                for name, array in value.items():
                    arrays[f"{i}/{field}/{name}"] = array
            else:
                arrays[f"{i}/{field}"] = np.asarray(value)
    np.savez_compressed(path, **arrays)


def read(path: pathlib.Path) -> list[Example]:
    """Reads what `write` wrote.

    Raises:
      UserError: there is no such file, or it is damaged.
    """
    fields: dict[str, dict] = {}
    try:
        # Of a damaged file, NumPy does not close what it opened.
        with open(path, "rb") as file, np.load(file) as arrays:
            for key in arrays.files:
                index, field, *name = key.split("/")
                values = fields.setdefault(index, {})
                if name:
                    values.setdefault(field, {})[name[0]] = arrays[key]
                else:
                    values[field] = arrays[key].item()
        examples = [Example(**values) for values in fields.values()]
        if not examples:
            raise ValueError("it is empty")
    except Exception as error:  # of zip files and NumPy
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise UserError(
            f"{path}: not the examples of an export ({reason:.200}); export the"
            " model again."
        ) from error
    return examples

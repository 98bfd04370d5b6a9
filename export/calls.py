"""Calls of signatures: inputs, and the outputs that the Keras model gives."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from tfgen.errors import UserError

if TYPE_CHECKING:  # a check runs without Keras
    from tfgen.capabilities import Signature
    from tfgen.config import Field

Arrays = Mapping[str, np.ndarray]

# The signature that servers call where a request names none.
DEFAULT = "serving_default"
# One row alone, and a batch of a size that nothing else has.
BATCH_SIZES = (1, 7)


@dataclasses.dataclass(frozen=True)
class Call:
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

    @classmethod
    def of(cls, name: str, signature: Signature, rows: Arrays) -> Call:
        """Returns a call whose inputs are those that `rows` has by name."""
        inputs = {spec.name: rows[spec.name] for spec in signature.inputs}
        return cls(name, signature.on_device, inputs)


def to_array(tensor: object) -> np.ndarray:
    """Returns a tensor as an array; strings as bytes, which need no pickle."""
    array = np.asarray(tensor)
    return array.astype(bytes) if array.dtype == object else array


def spread(rows: Arrays, most: int, field: Field | None = None) -> Arrays:
    """Returns at most so many rows, under the signatures' names.

    They are spread evenly: sentences come by length.

    Args:
      rows: name -> [N, ...].
      most: rows.
      field: of x, if they have noise: they become `x` and `noise`.
    """
    count = len(next(iter(rows.values())))
    places = np.linspace(0, count - 1, min(count, most)).astype(int)
    rows = {name: array[places] for name, array in rows.items()}
    if field:
        from tfgen.nn import cells

        steps = np.float32(field.steps)
        x = cells.whole(rows["x"], field).numpy()
        noise = (rows["x"] - x) / np.where(steps, steps, 1)
        rows |= {"x": x, "noise": np.float32(noise)}
    ids = {f"{n}_ids": rows[n] for n in ("premise", "hypothesis") if n in rows}
    if ids:
        ids["sentence_ids"] = ids["premise_ids"]
    return {**rows, **ids}


def in_pieces(
    run: Callable[[Arrays], Arrays], inputs: Arrays, most: int
) -> Arrays:
    """Returns what a function makes of rows, at most so many at a time."""
    rows = max(map(len, inputs.values()), default=1)
    pieces = [
        run({name: array[i : i + most] for name, array in inputs.items()})
        for i in range(0, rows, most)
    ]
    names = pieces[0]
    return {n: np.concatenate([piece[n] for piece in pieces]) for n in names}


def compute(
    signatures: Mapping[str, Signature],
    example_inputs: Callable[[int, int], Arrays],
    seed: int = 20_080,
) -> list[Call]:
    """Returns a call of each signature for each of `BATCH_SIZES`.

    The functions run eagerly, so they share no graph with what is compared
    with them. Different batches hold different rows.

    Args:
      signatures: name -> signature.
      example_inputs: (n, seed) -> n rows of every input.
      seed: of the inputs.
    """
    calls = []
    for size in BATCH_SIZES:
        rows = example_inputs(size, seed + size)
        for name, signature in signatures.items():
            call = Call.of(name, signature, rows)
            outputs = signature.function(*call.inputs.values())
            outputs = {n: to_array(output) for n, output in outputs.items()}
            if not signature.repeatable:
                outputs = {}
            calls.append(dataclasses.replace(call, outputs=outputs))
    return calls


def write(path: pathlib.Path, calls: Iterable[Call]) -> None:
    """Writes an `.npz` file: `<index>/<field>` or `<index>/<field>/<name>`."""
    arrays = {}
    for i, call in enumerate(calls):
        for field, value in vars(call).items():
            if isinstance(value, Mapping):
                for name, array in value.items():
                    arrays[f"{i}/{field}/{name}"] = array
            else:
                arrays[f"{i}/{field}"] = np.asarray(value)
    np.savez_compressed(path, **arrays)


def read(path: pathlib.Path) -> list[Call]:
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
        calls = [Call(**values) for values in fields.values()]
        if not calls:
            raise ValueError("it is empty")
    except Exception as error:  # of zip files and NumPy
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise UserError(
            f"{path}: not the examples of an export ({reason:.200}); export the"
            " model again."
        ) from error
    return calls

"""Inputs, and the outputs that the Keras model gives for them."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:  # a check runs without Keras
    import keras

# One row alone, and a batch of a size that nothing else has.
BATCH_SIZES = (1, 7)

_FOLDERS = {True: "device", False: "server"}


@dataclasses.dataclass(frozen=True)
class Example:
    """One call of one signature.

    Attributes:
      signature: its name.
      on_device: whether TFLite files have it, too.
      inputs: name -> [B, ...].
      outputs: name -> [B, ...], Keras's.
    """

    signature: str
    on_device: bool
    inputs: Mapping[str, np.ndarray]
    outputs: Mapping[str, np.ndarray]


def compute(model: keras.Model, seed: int = 20_080) -> Iterator[Example]:
    """Yields a call of each signature for each of `BATCH_SIZES`.

    The functions run eagerly, so that what is compared with them shares no
    graph with them. Different batches hold different rows.

    Args:
      model: see `tfgen.models.contract`.
      seed: of the inputs.
    """
    for size in BATCH_SIZES:
        rows = model.example_inputs(size, seed + size)
        for name, signature in model.signatures().items():
            inputs = {
                s.name: np.asarray(rows[s.name]) for s in signature.inputs
            }
            outputs = signature.function(*inputs.values())
            outputs = {k: np.asarray(v) for k, v in outputs.items()}
            yield Example(name, signature.on_device, inputs, outputs)


def write(path: pathlib.Path, examples: Iterable[Example]) -> None:
    """Writes an `.npz` file.

    Its keys are `<index>/<signature>/<device or server>/<inputs or
    outputs>/<name>`.
    """
    arrays = {}
    for i, example in enumerate(examples):
        prefix = f"{i}/{example.signature}/{_FOLDERS[example.on_device]}"
        for side in ("inputs", "outputs"):
            for name, array in getattr(example, side).items():
                arrays[f"{prefix}/{side}/{name}"] = array
    np.savez_compressed(path, **arrays)


def read(path: pathlib.Path) -> list[Example]:
    """Reads what `write` wrote."""
    examples: dict[str, Example] = {}
    with np.load(path) as arrays:
        for key in arrays.files:
            index, signature, folder, side, name = key.split("/")
            example = examples.setdefault(
                index, Example(signature, folder == _FOLDERS[True], {}, {})
            )
            getattr(example, side)[name] = arrays[key]
    return list(examples.values())

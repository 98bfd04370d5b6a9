"""Translations of a split, which several measures look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import tensorflow as tf

from tfgen.config import DataSpec, Field
from tfgen.data.loaded import first_of
from tfgen.model import Model
from tfgen.nn.frames import frames_of

if TYPE_CHECKING:
    from tfgen.run import Run

_MOST = 5_000  # examples
_MOST_BYTES = 1 << 28  # of x
_BATCH = 250

# A capability -> what it reads and makes, and the end of figures' names.
WAYS = {
    "translate": ("x", "y", ""),
    "translate_with_noise": ("x", "y", "_with_noise"),
    "translate_back": ("y", "x", "_back"),
}


class Translations(NamedTuple):
    """What a model makes of one domain, as gray levels.

    Attributes:
      read: [N, ...], of the domain that is translated.
      made: [N, ...], of each.
      other: [N, ...], the other domain's; the true ones, if there are pairs.
      fields: of `read` and of `made`.
      ending: of figures' names.
    """

    read: np.ndarray
    made: np.ndarray
    other: np.ndarray
    fields: tuple[Field, Field]
    ending: str


def target(spec: DataSpec) -> Field | None:
    """Returns the field `y`, if the data have two domains of pictures."""
    fields = {field.name: field for field in spec.fields}
    y = fields.get("y")
    return y if y and len(spec.shape) == len(y.shape) == 3 else None


def applies(model: Model, spec: DataSpec) -> bool:
    """Whether the model translates pictures with gray levels."""
    y = target(spec)
    both = y is not None and bool(y.levels and spec.levels)
    return both and model.can("translate")


def of(run: Run, model: Model, split: str) -> list[Translations]:
    """Returns the translations of a split, one for each way of the model.

    Args:
      run: its data, of which the first 5,000 examples at most are used.
      model: translates.
      split: "train", "validation" or "test".
    """
    spec = run.config.spec
    size = np.dtype(np.float32).itemsize * spec.size
    most = max(1, min(_MOST, _MOST_BYTES // size))
    batch = first_of(run.data, split, run.config.train, most)
    fields = {"x": spec.x, "y": target(spec)}
    # Levels with noise on them are the levels below.
    whole = {name: np.floor(batch[name]) for name in fields}
    found = []
    for name, (read, made, ending) in WAYS.items():
        if model.can(name):
            found.append(
                Translations(
                    whole[read],
                    apply(run, model, name, whole[read]),
                    whole[made],
                    (fields[read], fields[made]),
                    ending,
                )
            )
    return found


def inputs_of(
    model: Model,
    name: str,
    x: np.ndarray,
    seed: int | np.random.Generator = 0,
) -> list[np.ndarray]:
    """Returns what a capability takes: x, and the model's noise of a seed."""
    if name != "translate_with_noise":
        return [x]
    (size,) = model.noise["dropout"].shape
    random = np.random.default_rng(seed)
    return [x, random.random((len(x), size), np.float32)]


def apply(run: Run, model: Model, name: str, x: np.ndarray) -> np.ndarray:
    """Returns what a capability makes of x, [N, ...], compiled once."""
    call = run.once(
        name,
        model,
        lambda model: tf.function(
            model.capability(name), autograph=False, reduce_retracing=True
        ),
    )
    arrays = inputs_of(model, name, x)
    return np.concatenate(
        [
            call(*(tf.constant(a[i : i + _BATCH]) for a in arrays)).numpy()
            for i in range(0, len(x), _BATCH)
        ]
    )


def unit(x: np.ndarray, field: Field) -> np.ndarray:
    """Returns gray levels as numbers in [0, 1]."""
    return np.clip(x / (field.levels - 1), 0, 1)


def last_frame(found: Translations) -> np.ndarray | None:
    """Returns what was read, the last of its frames; None if it has none."""
    read, made = found.fields
    if not frames_of(read, made):
        return None
    return found.read[..., -made.shape[-1] :]

"""Calls whose values the ranges of 8-bit arithmetic are made of."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from export.calls import Arrays, Call, spread

if TYPE_CHECKING:
    from tfgen.capabilities import Signature
    from tfgen.run import Run

_MOST = 100  # rows of each input
_STEPS = 10  # of training, whose batches they are taken from
_SEED = 2_016


def training_rows(run: Run) -> Arrays:
    """Returns rows of training batches, under the signatures' names."""
    train = dataclasses.replace(
        run.config.train, steps=_STEPS, steps_per_call=_STEPS
    )
    (call,) = run.data.train_batches(train, noise={})
    # [K, B, ...] -> [K * B, ...]
    rows = {n: v.numpy().reshape(-1, *v.shape[2:]) for n, v in call.items()}
    rows |= {f"any_{n}": rows[n] for n in ("x", "y") if n in rows}
    noisy = run.config.spec.x if run.is_noisy else None
    return spread(rows, _MOST, noisy)


def calibration(
    signatures: Mapping[str, Signature],
    example_inputs: Callable[[int, int], Arrays],
    rows: Arrays,
) -> list[Call]:
    """Returns calls of one row each, of all signatures that devices have.

    Args:
      signatures: name -> signature.
      example_inputs: (n, seed) -> n rows of every input.
      rows: of the training data; they come before example inputs.
    """
    count = min([_MOST, *map(len, rows.values())])
    inputs = {**example_inputs(count, _SEED), **rows}
    return [
        Call.of(name, signature, {n: a[i : i + 1] for n, a in inputs.items()})
        for name, signature in signatures.items()
        if signature.on_device
        for i in range(count)
    ]

"""The largest error of g(f(x)), of models with a density and an inverse."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from tfgen.config import DataSpec
from tfgen.measures import Options
from tfgen.model import Model

if TYPE_CHECKING:
    from tfgen.run import Run

Batches = Iterable[Mapping[str, tf.Tensor]]


def applies(model: Model, spec: DataSpec) -> bool:
    """Whether the model is a flow."""
    del spec
    return all(map(model.can, ("log_prob", "encode", "decode")))


def measure(
    run: Run, model: Model, split: str, options: Options
) -> dict[str, float]:
    """Returns `max_reconstruction_error`, in units of x."""
    del options
    error = run.once("inverse", model, make_reconstruction_error)
    return {"max_reconstruction_error": error(run.held_out(model, split))}


def make_reconstruction_error(model: Model) -> Callable[[Batches], float]:
    """Returns what is compiled once for many calls.

    Of batches, it gives the largest `|x - g(f(x))|` over all examples, in units
    of x.
    """

    @tf.function(autograph=False, reduce_retracing=True)
    def error(x, given):
        x_again = model.decode(model.encode(x, **given), **given)
        return tf.reduce_max(tf.abs(x - x_again))

    def largest(batches: Batches) -> float:
        errors = [error(b["x"], model.given(b)) for b in batches]
        return float(np.max(errors))  # unlike `max`, it keeps a NaN

    return largest

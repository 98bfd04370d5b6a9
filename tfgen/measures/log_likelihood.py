"""The mean log-likelihood of tables, with two standard errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from tfgen.config import DataSpec
from tfgen.measures import Options
from tfgen.measures.metrics import two_std_errors
from tfgen.model import Model

if TYPE_CHECKING:
    from tfgen.run import Run

OPTIONS = ("draws",)


def applies(model: Model, spec: DataSpec) -> bool:
    """Whether the model has a density, of a table."""
    return model.can("log_prob") and bool(spec.columns)


def measure(
    run: Run, model: Model, split: str, options: Options
) -> dict[str, float]:
    """Returns nats in the table's own units, and how sure they are.

    It uses the option `draws`: where columns are dequantized, the nats of an
    example are a mean over so many draws of noise. The standard error is of
    the mean over examples.
    """

    @tf.function(autograph=False, reduce_retracing=True)
    def log_prob(x, given):
        return model.log_prob(x, **given)

    def of(draw):
        batches = run.held_out(model, split, draw)
        found = [log_prob(b["x"], model.given(b)) for b in batches]
        return np.concatenate(found).astype(np.float64)

    draws = range(options.draws if run.data.noisy else 1)
    values = np.mean([of(draw) for draw in draws], axis=0)
    error = two_std_errors(values)
    return {"log_likelihood": float(values.mean())} | (
        {} if error is None else {"log_likelihood_two_std_errors": error}
    )

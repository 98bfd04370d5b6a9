"""How many latents a variational model uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from tfgen.config import DataSpec
from tfgen.measures import Options
from tfgen.model import Model

if TYPE_CHECKING:
    from tfgen.run import Run

_LEAST = 0.01  # variance of a mean


def applies(model: Model, spec: DataSpec) -> bool:
    """Whether the model says the mean of its latents."""
    del spec
    return model.can("posterior")


def measure(
    run: Run, model: Model, split: str, options: Options
) -> dict[str, float]:
    """Returns `active_units`: latents whose mean differs from x to x.

    Those whose posterior mean has a variance above 0.01 over the split (Burda
    et al. 2016, arXiv:1509.00519, section 5).
    """
    del options
    if not applies(model, run.config.spec):
        return {}
    posterior = tf.function(
        model.posterior, autograph=False, reduce_retracing=True
    )
    means = [
        posterior(batch["x"], **model.given(batch))[0]
        for batch in run.held_out(model, split)
    ]
    return {"active_units": float(np.sum(active(np.concatenate(means))))}


def active(means: np.ndarray) -> np.ndarray:
    """Returns which latents are in use, [Z] bool, of means [N, Z]."""
    return np.var(means, axis=0, dtype=np.float64) > _LEAST

"""Known sources of mixed signals: correlations with what a model encodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from tfgen.config import DataSpec
from tfgen.data import catalog, mixed_sources
from tfgen.data.loaded import gather
from tfgen.evaluate.linear_ica import linear_ica, mean_correlation
from tfgen.measures import Options
from tfgen.model import Model

if TYPE_CHECKING:
    from tfgen.run import Run


def applies(model: Model, spec: DataSpec) -> bool:
    """Whether the model encodes, and the data have a field of sources."""
    has = any(field.name == "sources" for field in spec.fields)
    return has and model.can("encode")


def measure(
    run: Run, model: Model, split: str, options: Options
) -> dict[str, float]:
    """Returns mean correlations in [0, 1] after linear ICA (FastICA).

    `mean_correlation` is that of encodings with |s|: segments differ in
    variances, and say nothing of signs. `mean_correlation_linear` is of x
    itself, with s or |s|, whichever is better. Components are found in the
    training split. Where the data are drawn, `bayes_cross_entropy` is that of
    p(segment | sources), in nats: no model can have less, on average.
    """
    del options
    encode = tf.function(model.encode, reduce_retracing=True, autograph=False)

    def rows(split):
        batches = run.held_out(model, split)
        return gather(
            {
                "x": batch["x"].numpy(),
                "z": encode(batch["x"]).numpy(),
                "s": batch["sources"].numpy(),
                "label": batch["label"].numpy(),
            }
            for batch in batches
        )

    train, held = rows("train"), rows(split)
    of_z = linear_ica(train["z"], held["z"])
    of_x = linear_ica(train["x"], held["x"])
    s = held["s"]
    values = {
        "mean_correlation": mean_correlation(of_z, np.abs(s)),
        "mean_correlation_linear": max(
            mean_correlation(of_x, s),
            mean_correlation(np.abs(of_x), np.abs(s)),
        ),
    }
    if run.config.data.name in catalog.MIXED_SOURCES:
        data, seed = run.config.data, run.config.train.seed
        log_p = mixed_sources.posterior(s, seed, data.segments)
        chosen = log_p[np.arange(len(s)), held["label"]]
        values["bayes_cross_entropy"] = float(-chosen.mean())
    return values

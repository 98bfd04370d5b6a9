"""The beta-VAE score: which factor do pairs of examples share?

Higgins et al. 2017, "beta-VAE: Learning basic visual concepts with a
constrained variational framework", ICLR, section 3: a linear classifier is told
the mean |z - z'| of 64 pairs that share one factor, and says which.

What deviates: pairs are drawn among the examples at hand. The classifier is
logistic regression, as in Locatello et al. 2019 (arXiv:1811.12359), of
differences in standard deviations of the code, so that its unit does not count;
5,000 groups train it and 5,000 others measure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tfgen.evaluate.probe import linear_probe
from tfgen.measures import Options, codes
from tfgen.model import Model

if TYPE_CHECKING:
    from tfgen.run import Run

applies = codes.has_factors


def measure(
    run: Run, model: Model, split: str, options: Options
) -> dict[str, float]:
    """Returns `beta_vae_score`, an accuracy: one in F by chance, at most 1."""
    del options
    found = codes.coded(run, model, split)
    if not found or len(found.factors) < 2:
        return {}
    return {"beta_vae_score": score(found)}


def score(found: codes.Coded) -> float:
    """Returns the accuracy.

    Args:
      found: examples with at least two factors.
    """
    z = found.codes

    def differences(factor, first, random):
        second = codes.alike(factor, first, random)
        return np.abs(z[first] - z[second]).mean(axis=1)

    x, which = codes.of_groups(found, differences)
    half = len(x) // 2
    return linear_probe(x[:half], which[:half], x[half:], which[half:])

"""The beta-VAE score: which factor do pairs of examples share?

Higgins et al. 2017, "beta-VAE: Learning basic visual concepts with a
constrained variational framework", ICLR, section 3: a linear classifier is told
the mean |z - z'| of 64 pairs that share one factor, and says which.

What deviates: pairs are drawn among the examples at hand. The classifier is
logistic regression, as in Locatello et al. 2019 (arXiv:1811.12359), of
differences in standard deviations of the code, so that its unit does not count;
5,000 groups train it and 5,000 others measure.
"""

from collections.abc import Mapping

import numpy as np

from tfgen.evaluate.probe import linear_probe
from tfgen.measures import codes


def score(z: np.ndarray, factors: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Returns `beta_vae_score`, an accuracy: one in F by chance, at most 1.

    It needs at least two factors.

    Args:
      z: [N, Z].
      factors: name -> [N].
    """
    if len(factors) < 2:
        return {}

    def differences(factor, first, random):
        second = codes.alike(factor, first, random)
        return np.abs(z[first] - z[second]).mean(axis=1)

    x, which = codes.of_groups(z, factors, differences)
    half = len(x) // 2
    accuracy = linear_probe(x[:half], which[:half], x[half:], which[half:])
    return {"beta_vae_score": accuracy}


applies = codes.has_factors
measure = codes.measured(score)

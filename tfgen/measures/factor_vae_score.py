"""The FactorVAE score: does one number stay where one factor does?

Kim & Mnih 2018, arXiv:1802.05983, section 4: of 64 examples that share one
factor, the number of the code that varies least, in units of its variance over
all examples, votes for the factor. The classifier is the majority of votes.

What deviates: groups are drawn among the examples at hand, 5,000 to vote and
5,000 others to measure. Numbers of the code that never vary have no vote; the
paper leaves out those whose q(z|x) is the prior.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tfgen.measures import Options, codes
from tfgen.model import Model

if TYPE_CHECKING:
    from tfgen.run import Run

_INACTIVE = 1e-12  # variance

applies = codes.has_factors


def measure(
    run: Run, model: Model, split: str, options: Options
) -> dict[str, float]:
    """Returns `factor_vae_score`, an accuracy: about one in F by chance."""
    del options
    found = codes.coded(run, model, split)
    if not found or len(found.factors) < 2:
        return {}
    return {"factor_vae_score": score(found)}


def score(found: codes.Coded) -> float:
    """Returns the accuracy; 0 if no number of the code varies.

    Args:
      found: examples with at least two factors.
    """
    variance = found.codes.var(axis=0)
    z = found.codes[:, variance > _INACTIVE]
    if not z.size:
        return 0.0
    z /= z.std(axis=0)

    def variances(factor, first, random):
        one = np.broadcast_to(first[:, :1], first.shape)
        return z[codes.alike(factor, one, random)].var(axis=1)

    x, which = codes.of_groups(found._replace(codes=z), variances)
    votes = np.zeros((2, z.shape[1], len(found.factors)), int)
    np.add.at(votes, (np.arange(len(x)) % 2, x.argmin(axis=1), which), 1)
    voted, held_out = votes
    right = held_out[np.arange(len(voted)), voted.argmax(axis=1)]
    return float(right.sum() / held_out.sum())

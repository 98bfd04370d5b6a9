"""The FactorVAE score: does one number stay where one factor does?

Kim & Mnih 2018, arXiv:1802.05983, section 4: of 64 examples that share one
factor, the number of the code that varies least, in units of its variance over
all examples, votes for the factor. The classifier is the majority of votes.

What deviates: groups are drawn among the examples at hand, 5,000 to vote and
5,000 others to measure. Numbers of the code that never vary have no vote; the
paper leaves out those whose q(z|x) is the prior.
"""

from collections.abc import Mapping

import numpy as np

from tfgen.measures import codes


def score(z: np.ndarray, factors: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Returns `factor_vae_score`, an accuracy: about one in F by chance.

    It is 0 if no number of the code varies.

    It needs at least two factors.

    Args:
      z: [N, Z].
      factors: name -> [N].
    """
    if len(factors) < 2:
        return {}
    z = z[:, z.var(axis=0) > codes.INACTIVE]
    if not z.size:
        return {"factor_vae_score": 0.0}
    z = z / z.std(axis=0)

    def variances(factor, first, random):
        one = np.broadcast_to(first[:, :1], first.shape)
        return z[codes.alike(factor, one, random)].var(axis=1)

    x, which = codes.of_groups(z, factors, variances)
    votes = np.zeros((2, z.shape[1], len(factors)), int)
    np.add.at(votes, (np.arange(len(x)) % 2, x.argmin(axis=1), which), 1)
    voted, held_out = votes
    right = held_out[np.arange(len(voted)), voted.argmax(axis=1)]
    return {"factor_vae_score": float(right.sum() / held_out.sum())}


applies = codes.has_factors
measure = codes.measured(score)

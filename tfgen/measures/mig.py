"""Mutual information gap (MIG): is a factor in one number of the code?

Chen et al. 2018, arXiv:1802.04942, section 4.1: the mutual information of a
factor with the number that knows most of it, less that with the second, as a
share of the factor's entropy; the mean over factors.

What deviates: the information is that of a histogram of the means of q(z|x), in
20 bins of equal width, as in Locatello et al. 2019 (arXiv:1811.12359); the
paper integrates over q(z|x). A histogram of N examples is too high by about
19 (values - 1) / (2 N) nats, in all numbers of the code alike.
"""

from collections.abc import Mapping

import numpy as np

from tfgen.measures import codes

_BINS = 20


def mig(z: np.ndarray, factors: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Returns `mig`, in [0, 1], the mean gap, and `mig_<factor>` of each.

    Args:
      z: [N, Z].
      factors: name -> [N] whole numbers.
    """
    known, entropy = information(z, factors)
    found = codes.gaps(known / entropy)
    each = {f"mig_{name}": float(gap) for name, gap in zip(factors, found)}
    return {"mig": float(found.mean()), **each}


def information(
    z: np.ndarray, factors: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Returns mutual information, [Z, F], and entropies [F], in nats."""
    # Imported here, as below: seconds that who only trains need not wait.
    from sklearn.metrics import mutual_info_score

    low, width = z.min(axis=0), np.ptp(z, axis=0)
    share = (z - low) / np.where(width > 0, width, 1)
    bins = np.minimum(share * _BINS, _BINS - 1).astype(int)
    known = [
        [mutual_info_score(f.astype(int), b) for f in factors.values()]
        for b in bins.T
    ]
    # A factor knows all of itself.
    entropy = [mutual_info_score(f, f) for f in factors.values()]
    return np.array(known), np.array(entropy)


applies = codes.has_factors
measure = codes.measured(mig)

"""How well known sources are found: linear ICA, and mean correlations."""

import warnings

import numpy as np
from absl import logging
from scipy.optimize import linear_sum_assignment
from sklearn.decomposition import FastICA
from sklearn.exceptions import ConvergenceWarning

_ITERATIONS = 1000


def linear_ica(train: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Returns the independent components of x, [N, F], by FastICA.

    Args:
      train: [M, F] that the components are found in.
      x: [N, F].
    """
    ica = FastICA(whiten="unit-variance", max_iter=_ITERATIONS, random_state=0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        ica.fit(train)
    if caught:
        logging.warning(
            "FastICA: not converged after %d iterations.", _ITERATIONS
        )
    return ica.transform(x)


def mean_correlation(found: np.ndarray, sources: np.ndarray) -> float:
    """Returns the mean |correlation| of pairs, in [0, 1].

    Each source has the one component that makes the mean largest.

    Args:
      found: [N, F].
      sources: [N, S], S <= F.
    """
    S = sources.shape[1]
    table = np.abs(np.corrcoef(sources, found, rowvar=False)[:S, S:])
    return float(table[linear_sum_assignment(-table)].mean())

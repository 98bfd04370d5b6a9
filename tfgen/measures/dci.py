"""Disentanglement, completeness, informativeness (DCI), by random forests.

Eastwood & Williams 2018, "A framework for the quantitative evaluation of
disentangled representations", ICLR: a predictor of each factor says how
important each number of the code is to it.

- Disentanglement: a number is important to one factor, `1 - H(P_i) / log F`,
  weighted by its importance.
- Completeness: a factor needs one number, `1 - H(P_j) / log Z`.
- Informativeness: the factors can be predicted. Here it is R^2 of numbers and
  the accuracy of classes, on the half of the examples that the forest has not
  seen: more is better. The paper has the error.
"""

from collections.abc import Mapping

import numpy as np

from tfgen.measures import codes

# Leaves of few examples would make much of the numbers that know nothing.
_FOREST = {"n_estimators": 10, "min_samples_leaf": 10, "random_state": 0}


def dci(z: np.ndarray, factors: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Returns `disentanglement`, `completeness`, `informativeness`.

    They are in [0, 1].

    Args:
      z: [N, Z].
      factors: name -> [N], float numbers or int classes.
    """
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    half, importance, scores = len(z) // 2, [], []
    for factor in factors.values():
        numbers = factor.dtype.kind == "f"
        kind = RandomForestRegressor if numbers else RandomForestClassifier
        forest = kind(max_features=None, **_FOREST)
        forest.fit(z[:half], factor[:half])
        importance.append(forest.feature_importances_)
        scores.append(max(0.0, forest.score(z[half:], factor[half:])))
    R = np.transpose(importance)
    return {
        "disentanglement": concentration(R.T),
        "completeness": concentration(R),
        "informativeness": float(np.mean(scores)),
    }


def concentration(R: np.ndarray) -> float:
    """Returns 1 if each column has one number that is not 0, 0 if all are one.

    Args:
      R: importances [A, B], at least 0; columns weigh as much as their sums.
    """
    from scipy.stats import entropy

    each = 1 - entropy(R + 1e-11, base=max(2, len(R)), axis=0)
    return float(np.average(each, weights=R.sum(axis=0) + 1e-11))


applies = codes.has_factors
measure = codes.measured(dci)

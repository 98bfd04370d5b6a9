"""Separated attribute predictability (SAP): does one number predict a factor?

Kumar et al. 2018, arXiv:1711.00848, section 3: how well each number of the code
alone predicts a factor; the best less the second, the mean over factors. Of
factors that are numbers the score is R^2 of a line. Of classes it is the
balanced accuracy of thresholds, one less than there are classes, which are
chosen on the same examples.
"""

from collections.abc import Mapping

import numpy as np

from tfgen.measures import codes


def sap(z: np.ndarray, factors: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Returns `sap`, the mean gap, in [0, 1].

    Args:
      z: [N, Z].
      factors: name -> [N], float numbers or int classes.
    """
    scores = np.zeros((z.shape[1], len(factors)))
    for i, numbers in enumerate(z.T):
        if np.var(numbers) > codes.INACTIVE:
            scores[i] = [_score(numbers, f) for f in factors.values()]
    return {"sap": float(codes.gaps(scores).mean())}


def _score(z: np.ndarray, factor: np.ndarray) -> float:
    if factor.dtype.kind == "f":
        return np.corrcoef(z, factor)[0, 1] ** 2
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(
        max_leaf_nodes=len(np.unique(factor)), class_weight="balanced"
    )
    guess = tree.fit(z[:, None], factor).predict(z[:, None])
    return balanced_accuracy_score(factor, guess)


applies = codes.has_factors
measure = codes.measured(sap)

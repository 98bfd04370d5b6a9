"""Separated attribute predictability (SAP): does one number predict a factor?

Kumar et al. 2018, arXiv:1711.00848, section 3: how well each number of the code
alone predicts a factor; the best less the second, the mean over factors. Of
factors that are numbers the score is R^2 of a line. Of classes it is the
balanced accuracy of thresholds, one less than there are classes, which are
chosen on the same examples.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    """Returns `sap`, in [0, 1]."""
    del options
    found = codes.coded(run, model, split)
    return {"sap": sap(*found)} if found else {}


def sap(z: np.ndarray, factors: Mapping[str, np.ndarray]) -> float:
    """Returns the mean gap.

    Args:
      z: [N, Z].
      factors: name -> [N], float numbers or int classes.
    """
    scores = np.zeros((z.shape[1], len(factors)))
    for i, numbers in enumerate(z.T):
        if np.var(numbers) > _INACTIVE:
            scores[i] = [_score(numbers, f) for f in factors.values()]
    return float(codes.gaps(scores).mean())


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

"""Linear probe: how much a linear classifier makes of features."""

import numpy as np


def linear_probe(
    train_features: np.ndarray,
    train_label: np.ndarray,
    features: np.ndarray,
    label: np.ndarray,
    inverse_penalty: float = 1.0,
) -> float:
    """Returns the accuracy of logistic regression on frozen features.

    Alain & Bengio 2016, "Understanding intermediate layers using linear
    classifier probes", arXiv:1610.01644. Features are standardized by the mean
    and deviation of the training set, so that their scale does not count.

    Args:
      train_features: [N, D] to fit on.
      train_label: [N] int, at least two classes.
      features: [M, D] to measure on.
      label: [M] int.
      inverse_penalty: C of scikit-learn, larger is a weaker L2 penalty.

    Returns:
      In [0, 1].
    """
    # Imported here: seconds that who only trains need not wait.
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    probe = make_pipeline(
        StandardScaler(), LogisticRegression(C=inverse_penalty, max_iter=1000)
    )
    probe.fit(np.asarray(train_features, np.float64), train_label)
    return float(probe.score(np.asarray(features, np.float64), label))

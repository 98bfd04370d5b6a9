"""Nearest neighbours in a feature space."""

import numpy as np


def nearest_neighbors(
    queries: np.ndarray,
    candidates: np.ndarray,
    k: int,
    metric: str = "euclidean",
) -> np.ndarray:
    """Returns which candidates are nearest, for figure 5 of the BiGAN paper.

    Donahue et al. 2017, "Adversarial feature learning", ICLR, arXiv:1605.09782,
    whose figure takes the cosine distance.

    Args:
      queries: [N, D] features.
      candidates: [M, D] features.
      k: how many; at most M.
      metric: "euclidean" or "cosine".

    Returns:
      [N, k] int, rows of `candidates`, the nearest first.
    """
    # Imported here and below: seconds that who only trains need not wait.
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=k, metric=metric).fit(candidates)
    return search.kneighbors(queries, return_distance=False)


def neighbor_accuracy(
    train_features: np.ndarray,
    train_label: np.ndarray,
    features: np.ndarray,
    label: np.ndarray,
    k: int = 1,
) -> float:
    """Returns the accuracy of the k nearest neighbours' majority.

    With k = 1 this is table 1 of the BiGAN paper (arXiv:1605.09782).

    Args:
      train_features: [N, D], among which neighbours are looked for.
      train_label: [N] int.
      features: [M, D] of the examples to classify.
      label: [M] int, their true classes.
      k: neighbours by Euclidean distance; at most N.

    Returns:
      In [0, 1].
    """
    from sklearn.neighbors import KNeighborsClassifier

    classifier = KNeighborsClassifier(n_neighbors=k)
    classifier.fit(train_features, train_label)
    return float(classifier.score(features, label))


def leave_one_out_accuracy(features: np.ndarray, label: np.ndarray) -> float:
    """Returns how often the nearest of all others has an example's class.

    Args:
      features: [N, D], at least two.
      label: [N] int.

    Returns:
      In [0, 1]; one example is 1/N of it.
    """
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=1).fit(features)
    # Without queries, no example is its own neighbour.
    nearest = search.kneighbors(return_distance=False)[:, 0]
    return float(np.mean(label[nearest] == label))

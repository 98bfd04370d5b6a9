"""Fidelity and diversity of samples, apart: balls around nearest neighbours.

A set's manifold is the union of a ball around each of its examples, which
reaches up to its k-th nearest neighbour in the same set. Balls are open, as in
the authors' code of density and coverage, so that two identical sets have
density 1.
"""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class _Hits:
    """Which points lie in which balls.

    Attributes:
      balls: [M], in how many balls point j lies.
      points: [N], how many points lie in ball i.
    """

    balls: np.ndarray
    points: np.ndarray


def precision_recall(
    real: np.ndarray, generated: np.ndarray, k: int = 3
) -> tuple[float, float]:
    """Returns improved precision and recall.

    Kynkäänniemi et al. 2019, "Improved precision and recall metric for
    assessing generative models", NeurIPS, arXiv:1904.06991, eq. 1 and 2.

    Args:
      real: [N, D] features of the data.
      generated: [M, D] of the samples.
      k: of the nearest neighbour; below N and M.

    Returns:
      The share of the samples on the manifold of the data, and the share of the
      data on the manifold of the samples.

    Raises:
      ValueError: k is not below the number of examples of each set.
    """
    precision = np.mean(_hits(real, generated, k).balls > 0)
    recall = np.mean(_hits(generated, real, k).balls > 0)
    return float(precision), float(recall)


def density_coverage(
    real: np.ndarray, generated: np.ndarray, k: int = 5
) -> tuple[float, float]:
    """Returns density and coverage.

    Naeem et al. 2020, "Reliable fidelity and diversity metrics for generative
    models", ICML, arXiv:2002.09797, section 3. An outlier among the data
    makes precision large, and one among the samples recall, by its large ball;
    these two feel it less.

    Args:
      real: [N, D] features of the data.
      generated: [M, D] of the samples.
      k: of the nearest neighbour; below N.

    Returns:
      How many of the data's balls a sample lies in, over k: 1 on average if the
      sets come from one distribution, and larger where samples crowd. And the
      share of the data's balls with a sample in them.

    Raises:
      ValueError: k is not below the number of real examples.
    """
    hits = _hits(real, generated, k)
    return float(hits.balls.mean() / k), float(np.mean(hits.points > 0))


def _hits(centers: np.ndarray, points: np.ndarray, k: int) -> _Hits:
    """Which of the points [M, D] lie in the balls around centers [N, D]."""
    # Imported here: seconds that who only trains need not wait.
    from sklearn.metrics import pairwise_distances_chunked

    radius = _radii(centers, k)
    balls, in_ball = [], np.zeros(len(centers), int)
    # Row by row in float64, some hundred MB at a time, however many there are.
    points = np.asarray(points, np.float64)
    centers = np.asarray(centers, np.float64)
    for distances in pairwise_distances_chunked(points, centers):
        inside = distances < radius
        balls.append(inside.sum(axis=1))
        in_ball += inside.sum(axis=0)
    return _Hits(np.concatenate(balls), in_ball)


def _radii(points: np.ndarray, k: int) -> np.ndarray:
    """Distance of each point [N, D] to its k-th neighbour, itself not one."""
    from sklearn.neighbors import NearestNeighbors

    if not 0 < k < len(points):
        raise ValueError(
            f"k={k}: expected at least 1, and less than the {len(points)}"
            " examples."
        )
    search = NearestNeighbors(n_neighbors=k).fit(np.asarray(points, np.float64))
    distances, _ = search.kneighbors()
    return distances[:, -1]

"""Fréchet distance between the features of two sets of examples.

Heusel et al. 2017, "GANs trained by a two time-scale update rule converge to a
local Nash equilibrium", NeurIPS, arXiv:1706.08500, eq. 6: the squared
2-Wasserstein distance of the Gaussians that have the sets' means and
covariances. With features of InceptionV3 it is the FID.
"""

from __future__ import annotations

import numpy as np


class Moments:
    """Mean and covariance of any number of features, in one pass.

    Batches are merged by their means and scatters (Chan, Golub & LeVeque 1979,
    "Updating formulae and a pairwise algorithm for computing sample
    variances"): a sum of squares would lose, where the mean is large,
    the digits that the covariance is made of.

    Attributes:
      count: N, features so far.
      mean: [D] float64.
      scatter: [D, D] float64, sum of `(f - mean) (f - mean)^T`.
    """

    def __init__(self, size: int):
        """Starts with no features.

        Args:
          size: D, of one feature vector.
        """
        self.count = 0
        self.mean = np.zeros(size)
        self.scatter = np.zeros((size, size))

    @classmethod
    def of(cls, features: np.ndarray) -> Moments:
        """Returns the moments of features [N, D] that are all at hand."""
        moments = cls(features.shape[1])
        moments.add(features)
        return moments

    def add(self, features: np.ndarray) -> None:
        """Adds a batch.

        Args:
          features: [B, D], finite.

        Raises:
          ValueError: a feature is not finite.
        """
        if not len(features):
            return
        features = np.asarray(features, np.float64)
        if not np.isfinite(features).all():
            raise ValueError("features: expected finite numbers.")
        mean = features.mean(axis=0)
        deviation = features - mean
        count = self.count + len(features)
        step = mean - self.mean
        self.scatter += deviation.T @ deviation
        self.scatter += np.outer(step, step) * (
            self.count * len(features) / count
        )
        self.mean = self.mean + step * (len(features) / count)
        self.count = count

    @property
    def covariance(self) -> np.ndarray:
        """The unbiased covariance [D, D].

        Raises:
          ValueError: there are fewer than two features.
        """
        if self.count < 2:
            raise ValueError(
                f"features: expected at least 2 for a covariance, got"
                f" {self.count}."
            )
        return self.scatter / (self.count - 1)


def frechet_distance(real: Moments, generated: Moments) -> float:
    """Returns the Fréchet distance of two sets from their moments.

    Symmetric, at least 0, in squared units of the features. Fewer examples give
    larger distances: compare figures of the same numbers of examples alone.

    Args:
      real: moments of the features of the data.
      generated: of the samples.
    """
    return gaussian_distance(
        real.mean, real.covariance, generated.mean, generated.covariance
    )


def gaussian_distance(
    mean_1: np.ndarray,
    covariance_1: np.ndarray,
    mean_2: np.ndarray,
    covariance_2: np.ndarray,
) -> float:
    """Returns `|m_1 - m_2|^2 + tr(C_1 + C_2 - 2 (C_1 C_2)^(1/2))`.

    Args:
      mean_1: m_1 [D].
      covariance_1: C_1 [D, D], symmetric; may be singular.
      mean_2: m_2 [D].
      covariance_2: C_2 [D, D].
    """
    # With C = R R^T the eigenvalues of C_1 C_2 are those of M M^T, M being
    # R_1^T R_2, so the trace of the root is the sum of M's singular values:
    # real, never negative, and sqrt(epsilon) is not lost on the way.
    product = _root(covariance_1).T @ _root(covariance_2)
    trace_of_root = np.linalg.svd(product, compute_uv=False).sum()
    distance = (
        np.sum((mean_1 - mean_2) ** 2)
        + np.trace(covariance_1)
        + np.trace(covariance_2)
        - 2 * trace_of_root
    )
    return max(float(distance), 0.0)


def _root(covariance: np.ndarray) -> np.ndarray:
    """A matrix R with `R R^T = covariance`."""
    values, vectors = np.linalg.eigh(covariance)
    # Rounding makes eigenvalues that are 0 a little negative.
    return vectors * np.sqrt(np.maximum(values, 0))

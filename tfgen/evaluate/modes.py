"""How many modes of the data are among the samples."""

import numpy as np


def class_counts(probabilities: np.ndarray) -> np.ndarray:
    """Returns how many samples the classifier takes for each class, [C] int.

    Args:
      probabilities: [N, C], p(y|x) of N samples.
    """
    return np.bincount(
        probabilities.argmax(axis=1), minlength=probabilities.shape[1]
    )


def classes_found(probabilities: np.ndarray, least: float = 0.1) -> int:
    """Returns how many classes occur among the samples.

    Args:
      probabilities: [N, C], p(y|x) of N samples.
      least: share of N / C, the samples a class has if all occur as often, from
        which a class counts, and no less than one sample: a class that only
        the classifier's mistakes find is not covered.
    """
    counts = class_counts(probabilities)
    return int(np.sum(counts >= max(1, least * counts.sum() / len(counts))))


def class_total_variation(real: np.ndarray, generated: np.ndarray) -> float:
    """Returns how far the shares of the classes are apart.

    Args:
      real: [N, C], p(y|x) of the data.
      generated: [M, C] of the samples.

    Returns:
      Half the sum of absolute differences: from 0, the same shares, to 1, no
      class in common.
    """
    shares = [class_counts(p) / len(p) for p in (real, generated)]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def gaussian_modes(
    samples: np.ndarray, centers: np.ndarray, stddev: float
) -> tuple[np.ndarray, float]:
    """Returns the good samples near each Gaussian of a mixture.

    A sample is good if it lies within 3 standard deviations of a centre, and
    counts for the nearest; in the plane 98.9 % of the mixture itself do
    (Srivastava et al. 2017, "VEEGAN", NeurIPS, arXiv:1705.07761, section 4.1).

    Args:
      samples: [N, D].
      centers: [C, D] means of the Gaussians.
      stddev: of each, the same in all directions.

    Returns:
      Counts [C] int, of which those above 0 are the modes found, and the share
      of the samples that are good.
    """
    distance = np.linalg.norm(samples[:, None] - centers[None], axis=-1)
    good = distance.min(axis=1) <= 3 * stddev
    counts = np.bincount(distance.argmin(axis=1)[good], minlength=len(centers))
    return counts, float(good.mean())

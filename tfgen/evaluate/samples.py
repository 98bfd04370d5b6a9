"""All that is measured of a set of samples, in one call."""

import numpy as np
from scipy.spatial.distance import cdist

from tfgen.evaluate.frechet import frechet_distance
from tfgen.evaluate.inception_score import (
    inception_score,
    modified_inception_score,
)
from tfgen.evaluate.kernel_distance import kernel_distance
from tfgen.evaluate.manifold import density_coverage, precision_recall
from tfgen.evaluate.modes import class_total_variation, classes_found
from tfgen.evaluate.summary import Summary

FEWEST = 6  # examples of a set: coverage looks for the fifth neighbour of each
_BLOCKS = 10  # of the kernel distance, where there are examples for as many


def sample_metrics(
    real: Summary, generated: Summary, seed: int = 0
) -> dict[str, float]:
    """Returns every figure of samples; the first selects the best checkpoint.

    The Fréchet distance is that of all examples, the others are of the first of
    them. Sets of other sizes give other Fréchet distances: compare like with
    like.

    Args:
      real: the data, at least `FEWEST` examples.
      generated: the samples; at least `FEWEST`.
      seed: of the blocks of the kernel distance.

    Returns:
      Name -> figure: distances, lower is better; scores, higher is better;
      `classes_found` of the `classes_in_data`, both as the classifier sees
      them. Without probabilities there are no scores and no classes.
    """
    (x, p_x), (y, p_y) = real.first, generated.first
    blocks = min(_BLOCKS, len(x) // 2, len(y) // 2)
    kernel, kernel_error = kernel_distance(x, y, blocks, seed)
    precision, recall = precision_recall(x, y)
    density, coverage = density_coverage(x, y)
    values = {
        "frechet_distance": frechet_distance(real.moments, generated.moments),
        "kernel_distance": kernel,
        "kernel_distance_std_error": kernel_error,
        "precision": precision,
        "recall": recall,
        "density": density,
        "coverage": coverage,
    }
    return values if p_x is None else values | _class_metrics(p_x, p_y)


def _class_metrics(real, generated):
    """Figures of p(y|x), of data [N, C] and samples [M, C]."""
    return {
        "inception_score": inception_score(generated),
        "modified_inception_score": modified_inception_score(generated),
        "classes_found": float(classes_found(generated)),
        "classes_in_data": float(classes_found(real)),
        "class_total_variation": class_total_variation(real, generated),
    }


def point_metrics(real: np.ndarray, generated: np.ndarray) -> dict[str, float]:
    """Returns figures of points; the first selects the best checkpoint.

    Args:
      real: [N, D], at least `FEWEST`.
      generated: [M, D], at least `FEWEST`.

    Returns:
      Name -> figure. The energy distance (Szekely & Rizzo 2013) is that of the
      whole distributions, and lower is better.
    """
    precision, recall = precision_recall(real, generated)
    density, coverage = density_coverage(real, generated)
    return {
        "energy_distance": energy_distance(real, generated),
        "precision": precision,
        "recall": recall,
        "density": density,
        "coverage": coverage,
    }


def energy_distance(x: np.ndarray, y: np.ndarray) -> float:
    """Returns `2 E|X - Y| - E|X - X'| - E|Y - Y'|`, 0 for the same points.

    Args:
      x: [N, D].
      y: [M, D].
    """

    def mean(a, b):
        return float(cdist(a, b).mean())

    return 2 * mean(x, y) - mean(x, x) - mean(y, y)

"""All that is measured of a set of samples, in one call."""

from tfgen.evaluate.classifier import Described
from tfgen.evaluate.frechet import Moments, frechet_distance
from tfgen.evaluate.inception_score import (
    inception_score,
    modified_inception_score,
)
from tfgen.evaluate.kernel_distance import kernel_distance
from tfgen.evaluate.manifold import density_coverage, precision_recall
from tfgen.evaluate.modes import class_total_variation, classes_found


def sample_metrics(
    real: Described, generated: Described, seed: int = 0
) -> dict[str, float]:
    """Returns every figure of samples; the first selects the best checkpoint.

    Sets of other sizes give other Fréchet distances: compare like with like.

    Args:
      real: features and probabilities of the data, at least 20 examples.
      generated: of the samples; at least 20.
      seed: of the blocks of the kernel distance.

    Returns:
      Name -> figure: distances, lower is better; scores, higher is better;
      `classes_found` of the C classes.
    """
    kernel, kernel_error = kernel_distance(
        real.features, generated.features, seed=seed
    )
    precision, recall = precision_recall(real.features, generated.features)
    density, coverage = density_coverage(real.features, generated.features)
    return {
        "frechet_distance": frechet_distance(
            Moments.of(real.features), Moments.of(generated.features)
        ),
        "kernel_distance": kernel,
        "kernel_distance_std_error": kernel_error,
        "inception_score": inception_score(generated.probabilities),
        "modified_inception_score": modified_inception_score(
            generated.probabilities
        ),
        "precision": precision,
        "recall": recall,
        "density": density,
        "coverage": coverage,
        "classes_found": float(classes_found(generated.probabilities)),
        "class_total_variation": class_total_variation(
            real.probabilities, generated.probabilities
        ),
    }

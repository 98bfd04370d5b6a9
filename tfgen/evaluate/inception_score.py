"""Scores of samples by what a classifier says of them.

High where each sample is surely of one class, and all classes occur. They know
nothing of the data, but through the classifier.
"""

import numpy as np


def inception_score(probabilities: np.ndarray) -> float:
    """Returns `exp(E_x KL(p(y|x) || p(y)))`.

    Salimans et al. 2016, "Improved techniques for training GANs", NeurIPS,
    arXiv:1606.03498, section 4.

    Args:
      probabilities: [N, C], p(y|x) of N samples.

    Returns:
      From 1, where all samples have the same p(y|x), to C.
    """
    conditional = _positive(probabilities)
    marginal = conditional.mean(axis=0)
    divergence = np.sum(
        conditional * (np.log(conditional) - np.log(marginal)), axis=1
    )
    return float(np.exp(divergence.mean()))


def modified_inception_score(probabilities: np.ndarray) -> float:
    """Returns `I' = E_x KL(p(y) || p(y|x))`.

    Zhao et al. 2017, "Energy-based generative adversarial networks", ICLR,
    arXiv:1609.03126, appendix C: the distributions are swapped and there is no
    exponential. The surer the classifier, the larger it is, without a bound, so
    that figures of two classifiers do not compare.

    Args:
      probabilities: [N, C], p(y|x) of N samples; in float64, since float32
        makes 0 of what is below 1e-45.

    Returns:
      In nats, at least 0; 0 where all samples have the same p(y|x).
    """
    conditional = _positive(probabilities)
    marginal = conditional.mean(axis=0)
    divergence = np.sum(
        marginal * (np.log(marginal) - np.log(conditional)), axis=1
    )
    return float(divergence.mean())


def _positive(probabilities: np.ndarray) -> np.ndarray:
    """In float64 and above 0, so that there are logarithms of all."""
    least = np.finfo(np.float64).tiny
    return np.maximum(np.asarray(probabilities, np.float64), least)

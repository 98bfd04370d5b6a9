"""How sure a figure is: 95 % confidence intervals."""

import math
from collections.abc import Sequence

import numpy as np


def accuracy_interval(
    correct: int, count: int, confidence: float = 0.95
) -> tuple[float, float]:
    """Returns the score interval of a share of independent trials.

    It stays within [0, 1], and has a width where all trials agree (Wilson 1927,
    "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22).

    Args:
      correct: trials that succeeded.
      count: all trials, at least 1.
      confidence: in (0, 1).

    Returns:
      Its lower and its upper end.
    """
    # Imported here and below: half a second, for two quantiles.
    from scipy import stats

    test = stats.binomtest(correct, count)
    interval = test.proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


def mean_interval(
    values: Sequence[float], confidence: float = 0.95
) -> tuple[float, float]:
    """Returns a mean and half the width of its interval.

    Assumes normal values of unknown variance (Student 1908, "The probable error
    of a mean", Biometrika 6).

    Args:
      values: one a run, such as the accuracy of each seed.
      confidence: in (0, 1).

    Returns:
      The mean, and how far the interval reaches on either side; NaN for a
      single value, which says nothing of its spread.
    """
    from scipy import stats

    mean, count = float(np.mean(values)), len(values)
    if count < 2:
        return mean, math.nan
    error = np.std(values, ddof=1) / math.sqrt(count)
    quantile = stats.t.ppf((1 + confidence) / 2, count - 1)
    return mean, float(quantile * error)

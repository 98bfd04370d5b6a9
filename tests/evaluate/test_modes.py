import math

import numpy as np
import pytest

from tfgen.evaluate import modes


def sure_of(counts):
    """Probabilities of a classifier that takes so many for each class."""
    return np.repeat(np.eye(len(counts)) * 0.6 + 0.1, counts, axis=0)


def test_class_counts():
    counts = modes.class_counts(sure_of([3, 0, 5, 0]))
    np.testing.assert_array_equal(counts, [3, 0, 5, 0])


@pytest.mark.parametrize(
    "counts, found",
    [
        ([5, 5, 5], 3),
        ([15, 0, 0], 1),
        ([1, 1, 0], 2),
        # A tenth of 100 is 10.
        ([280, 10, 10], 3),
        ([281, 10, 9], 2),
    ],
)
def test_classes_found(counts, found):
    assert modes.classes_found(sure_of(counts)) == found


@pytest.mark.parametrize(
    "real, generated, expected",
    [
        ([2, 2], [10, 10], 0),
        ([5, 0], [0, 3], 1),
        # Shares of 1/2, 1/2, 0 against 1/4, 1/4, 1/2.
        ([3, 3, 0], [2, 2, 4], 0.5),
    ],
)
def test_class_total_variation(real, generated, expected):
    found = modes.class_total_variation(sure_of(real), sure_of(generated))
    assert found == expected


def test_gaussian_modes_by_hand():
    """Deviation 1: good within 3 of (0, 0), (10, 0) or (0, 10)."""
    centers = np.array([[0, 0], [10, 0], [0, 10]])
    samples = np.array([[0, 3], [3, 3], [9, 0], [10, 1], [50, 50]])
    counts, good = modes.gaussian_modes(samples, centers, 1)
    np.testing.assert_array_equal(counts, [1, 2, 0])
    assert good == 3 / 5


def test_share_of_the_mixture_itself():
    """In the plane P(|x| <= 3) = 1 - e^(-9/2)."""
    random = np.random.default_rng(0)
    centers = np.stack(np.meshgrid([-4, 0, 4], [-4, 0, 4]), -1).reshape(9, 2)
    noise = random.standard_normal((20_000, 2))
    samples = centers[random.integers(9, size=20_000)] + 0.05 * noise
    counts, good = modes.gaussian_modes(samples, centers, 0.05)
    assert np.all(counts > 0)
    assert counts.sum() == pytest.approx(20_000 * good)
    assert good == pytest.approx(1 - math.exp(-4.5), abs=0.003)

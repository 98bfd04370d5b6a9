import math

import numpy as np
import pytest

from tfgen.evaluate.kernel_distance import kernel_distance, squared_mmd


def normal(seed, count, mean=0.0):
    random = np.random.default_rng(seed)
    return mean + random.standard_normal((count, 4))


def test_by_hand():
    """One dimension; k(x, x') = (x x' + 1)^3.

    k(0, 1) = 1; k(1, 2) = 27; k(0, .) = 1 twice, k(1, 1) = 8, k(1, 2) = 27.
    """
    found = squared_mmd(np.array([[0], [1]]), np.array([[1], [2]]))
    assert found == 1 + 27 - 2 * (1 + 1 + 8 + 27) / 4


def test_sums_over_pairs():
    """The definition, pair by pair."""
    x, y = normal(0, 5), normal(1, 7, mean=1)

    def k(a, b):
        return (a @ b / 4 + 1) ** 3

    within = [
        np.mean([k(a, b) for i, a in enumerate(z) for b in np.delete(z, i, 0)])
        for z in (x, y)
    ]
    across = np.mean([k(a, b) for a in x for b in y])
    assert squared_mmd(x, y) == pytest.approx(sum(within) - 2 * across)


def test_blocks_are_disjoint_and_cover_both_sets():
    x, y = normal(0, 40), normal(1, 60)
    random = np.random.default_rng(5)
    halves = zip(
        np.split(random.permutation(x), 2), np.split(random.permutation(y), 2)
    )
    first, second = (squared_mmd(a, b) for a, b in halves)
    mean, error = kernel_distance(x, y, blocks=2, seed=5)
    assert mean == pytest.approx((first + second) / 2)
    # The standard deviation of two values is their gap over sqrt(2).
    assert error == pytest.approx(abs(first - second) / 2)


def test_unbiased():
    """One distribution: 0 within 4 errors, and errors as they should be."""
    runs = [
        kernel_distance(normal(2 * s, 100), normal(2 * s + 1, 100))
        for s in range(100)
    ]
    means, errors = np.array(runs).T
    assert abs(means.mean()) < 4 * means.std() / math.sqrt(len(runs))
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(means.std(), rel=0.3)


def test_far_sets_are_far():
    mean, error = kernel_distance(normal(0, 200), normal(1, 200, mean=2))
    assert mean > 10 * error > 0


@pytest.mark.parametrize("blocks", [1, 6])
def test_blocks_need_pairs(blocks):
    with pytest.raises(ValueError, match=f"blocks={blocks}: .* set of 10"):
        kernel_distance(normal(0, 10), normal(1, 20), blocks)

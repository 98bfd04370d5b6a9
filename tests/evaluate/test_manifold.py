import numpy as np
import pytest

from tfgen.evaluate.manifold import density_coverage, precision_recall

# Two clusters of four points, far from one another.
SQUARE = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
CLUSTERS = np.concatenate([SQUARE, SQUARE + 100])


def normal(seed, count, size=3):
    return np.random.default_rng(seed).standard_normal((count, size))


@pytest.mark.parametrize("k", [1, 3, 5])
def test_identical_sets_give_one(k):
    # No two distances from one of these are the same.
    x = 2 ** np.arange(20)[:, None]
    assert precision_recall(x, x, k) == (1, 1)
    assert density_coverage(x, x, k) == (1, 1)


def test_distant_sets_give_zero():
    assert precision_recall(SQUARE, SQUARE + 100) == (0, 0)
    assert density_coverage(SQUARE, SQUARE + 100, k=3) == (0, 0)


def test_samples_miss_a_cluster():
    """All samples are good, and half of the data are missed."""
    assert precision_recall(CLUSTERS, SQUARE) == (1, 0.5)
    assert density_coverage(CLUSTERS, SQUARE, k=3)[1] == 0.5


def test_samples_invent_a_cluster():
    """All data are met, and half of the samples are bad."""
    assert precision_recall(SQUARE, CLUSTERS) == (0.5, 1)
    assert density_coverage(SQUARE, CLUSTERS, k=3)[1] == 1


def test_collapse_is_precise_without_recall():
    """Samples that are all one real point have balls of radius 0."""
    collapsed = np.repeat(SQUARE[:1], 10, axis=0)
    assert precision_recall(CLUSTERS, collapsed) == (1, 0)


def test_by_hand_on_a_line():
    """Data 0, 1, 3; k = 1: radii 1, 1, 2; balls (-1, 1), (0, 2), (1, 5).

    0.5 lies in 2 of them, 1.5 in 2, 4 in 1, 9 in none. Samples have radii 1, 1,
    2.5 and 5; balls (-0.5, 1.5), (0.5, 2.5), (1.5, 6.5), (4, 14).
    """
    real = np.array([[0], [1], [3]])
    generated = np.array([[0.5], [1.5], [4], [9]])
    assert density_coverage(real, generated, k=1) == (5 / 4, 1)
    assert precision_recall(real, generated, k=1) == (3 / 4, 1)


@pytest.mark.parametrize("size", [2, 40])
def test_definitions(size):
    """All pairs at once, in plain numpy; sets of different sizes."""
    x, y, k = normal(0, 60, size), 1.2 * normal(1, 90, size), 4

    def distances(a, b):
        return np.sqrt(np.sum((a[:, None] - b[None]) ** 2, axis=-1))

    # The nearest to a point in its own set is the point itself.
    r_x = np.sort(distances(x, x), axis=1)[:, k]
    r_y = np.sort(distances(y, y), axis=1)[:, k]
    in_x = distances(x, y) < r_x[:, None]
    in_y = distances(y, x) < r_y[:, None]
    assert precision_recall(x, y, k) == pytest.approx(
        (in_x.any(axis=0).mean(), in_y.any(axis=0).mean())
    )
    assert density_coverage(x, y, k) == pytest.approx(
        (in_x.sum(axis=0).mean() / k, in_x.any(axis=1).mean())
    )


def test_one_distribution_has_density_one():
    density, _ = density_coverage(normal(0, 2000), normal(1, 2000))
    assert density == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("k", [0, 4])
def test_k_is_below_the_number_of_examples(k):
    with pytest.raises(ValueError, match=f"k={k}: .* less than the 4 examples"):
        precision_recall(SQUARE, CLUSTERS, k)

import numpy as np
import pytest

from tfgen.evaluate.nearest import (
    leave_one_out_accuracy,
    nearest_neighbors,
    neighbor_accuracy,
)


def test_neighbors_by_distance():
    candidates = np.array([[0.0, 0.0], [5.0, 0.0], [2.0, 0.0], [0.0, 9.0]])
    queries = np.array([[1.6, 0.0], [0.0, 8.0]])
    found = nearest_neighbors(queries, candidates, k=2)
    np.testing.assert_array_equal(found, [[2, 0], [3, 0]])


def test_neighbors_by_angle():
    """The length does not count: (10, 1) has the direction of (1, 0)."""
    candidates = np.array([[10.0, 1.0], [1.0, 1.0], [0.0, 2.0]])
    found = nearest_neighbors(np.array([[1.0, 0.0]]), candidates, 3, "cosine")
    np.testing.assert_array_equal(found, [[0, 1, 2]])


def test_accuracy_by_hand():
    """Class 0 at 0, 1, 2 and class 1 at 3, 10; 2.6 and 2.9 go to 3."""
    train = np.array([[0.0], [1.0], [2.0], [3.0], [10.0]])
    label = np.array([0, 0, 0, 1, 1])
    features = np.array([[0.4], [2.6], [8.0], [2.9]])
    true = np.array([0, 0, 1, 0])
    assert neighbor_accuracy(train, label, features, true) == 2 / 4
    # Of the three nearest to 2.6 or 2.9 two are of class 0.
    assert neighbor_accuracy(train, label, features, true, k=3) == 1


def test_scale_of_a_feature_counts():
    """Raw distances, as in the paper: nothing is standardized."""
    train, label = np.array([[0.0, 0.0], [1.0, 10.0]]), np.array([0, 1])
    features, true = np.array([[1.0, 0.0]]), np.array([0])
    assert neighbor_accuracy(train, label, features, true) == 1
    assert neighbor_accuracy(
        train / [1, 100], label, features, true
    ) == pytest.approx(0)


def test_leave_one_out_by_hand():
    random = np.random.default_rng(0)
    x = random.normal(size=(40, 3))
    label = random.integers(0, 2, 40)
    right = 0
    for i in range(40):
        distance = np.sum(np.square(x - x[i]), axis=1)
        distance[i] = np.inf
        right += label[np.argmin(distance)] == label[i]
    assert leave_one_out_accuracy(x, label) == right / 40


def test_of_two_that_are_alike_none_is_its_own_neighbour():
    """Of each pair the other one is, whose class is another."""
    x = np.array([[0.0], [0.0], [1.0], [1.0]])
    assert leave_one_out_accuracy(x, np.array([0, 1, 0, 1])) == 0

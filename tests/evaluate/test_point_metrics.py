import numpy as np
import pytest

from tfgen.evaluate.samples import FEWEST, energy_distance, point_metrics


def test_energy_distance_by_hand():
    """Two points against one: 2 * mean(0, 1) - mean(0, 1, 1, 0) - 0."""
    x, y = np.array([[0.0], [1.0]]), np.array([[0.0]])
    assert energy_distance(x, y) == pytest.approx(0.5)
    assert energy_distance(x, x) == 0


def test_the_first_figure_is_lower_for_better_samples():
    random = np.random.default_rng(0)
    real = random.standard_normal((200, 2))
    near = random.standard_normal((200, 2))
    far = near + 1
    figures = [point_metrics(real, x) for x in (real, near, far)]
    assert list(figures[0])[0] == "energy_distance"
    distances = [f["energy_distance"] for f in figures]
    assert distances == sorted(distances)
    assert figures[0]["coverage"] == 1
    assert figures[1]["coverage"] > figures[2]["coverage"]


def test_few_examples():
    x = np.random.default_rng(0).standard_normal((FEWEST, 2))
    assert point_metrics(x, x)["coverage"] == 1

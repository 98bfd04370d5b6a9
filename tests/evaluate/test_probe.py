import numpy as np
import pytest

from tfgen.evaluate.probe import linear_probe


def blobs(seed, count=400, scale=1.0):
    """Classes 0 and 1 around -1 and 1 along the first of two features."""
    random = np.random.default_rng(seed)
    label = random.integers(2, size=count)
    x = 0.2 * random.standard_normal((count, 2))
    x[:, 0] += 2 * label - 1
    return x * [scale, 1], label


def test_linear_classes_are_found():
    assert linear_probe(*blobs(0), *blobs(1)) == 1


def test_scale_does_not_count():
    """Penalized without standardization, the tiny weight would not grow."""
    assert linear_probe(*blobs(0, scale=1e-6), *blobs(1, scale=1e-6)) == 1


def test_exclusive_or_is_not_linear():
    x = np.tile([[0, 0], [0, 1], [1, 0], [1, 1]], (50, 1))
    label = x[:, 0] ^ x[:, 1]
    assert linear_probe(x, label, x, label) == pytest.approx(0.5, abs=0.25)


def test_test_labels_are_not_seen():
    x, label = blobs(0)
    assert linear_probe(x, label, x, 1 - label) == 0

import math

import numpy as np
import pytest

from tfgen.evaluate.inception_score import (
    inception_score,
    modified_inception_score,
)


@pytest.mark.parametrize("C", [2, 10])
def test_uniform_classifier(C):
    """It says nothing of any sample."""
    p = np.full((30, C), 1 / C)
    assert inception_score(p) == pytest.approx(1)
    assert modified_inception_score(p) == pytest.approx(0)


@pytest.mark.parametrize("C", [2, 10])
def test_sure_and_balanced(C):
    assert inception_score(np.eye(C)) == pytest.approx(C)


def test_one_class_alone():
    """Sure of one class for all samples: no variety."""
    p = np.tile(np.eye(10)[3], (20, 1))
    assert inception_score(p) == pytest.approx(1)
    assert modified_inception_score(p) == pytest.approx(0)


def test_by_hand():
    """p(y|x) = (3/4, 1/4) and (1/4, 3/4), so p(y) = (1/2, 1/2)."""
    p = np.array([[0.75, 0.25], [0.25, 0.75]])
    there = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)
    back = 0.5 * math.log(0.5 / 0.75) + 0.5 * math.log(0.5 / 0.25)
    assert inception_score(p) == pytest.approx(math.exp(there))
    assert modified_inception_score(p) == pytest.approx(back)


def test_modified_score_counts_sureness():
    """Two classes by turns, the wrong one with probability e^-n: about n/2."""
    for n in (10, 100, 600):
        e = math.exp(-n)
        p = np.array([[1 - e, e], [e, 1 - e]])
        expected = n / 2 - math.log(2)
        assert modified_inception_score(p) == pytest.approx(expected, rel=1e-4)


def test_zeros_stay_finite():
    assert math.isfinite(modified_inception_score(np.eye(3, dtype=np.float32)))

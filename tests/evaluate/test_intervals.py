import math

import pytest

from tfgen.evaluate import intervals


@pytest.mark.parametrize("correct, count", [(0, 10), (9, 10), (50, 50), (1, 1)])
def test_wilson(correct, count):
    """The formula of the paper, z = 1.959964."""
    z, p = 1.959964, correct / count
    middle = (p + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count)
    half *= math.sqrt(p * (1 - p) / count + z**2 / (4 * count**2))
    found = intervals.accuracy_interval(correct, count)
    assert found == pytest.approx((middle - half, middle + half), abs=1e-6)


def test_a_known_interval():
    """81 of 263, one of the cases of Newcombe 1998, table I, method 3."""
    low, high = intervals.accuracy_interval(81, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


def test_student():
    """Five values: 2.776 standard errors, from the tables of t."""
    mean, half = intervals.mean_interval([1.0, 2.0, 3.0, 4.0, 5.0])
    assert mean == 3
    assert half == pytest.approx(2.776445 * math.sqrt(2.5 / 5), abs=1e-6)


def test_one_value_has_no_spread():
    mean, half = intervals.mean_interval([0.5])
    assert mean == 0.5
    assert math.isnan(half)

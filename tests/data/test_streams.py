import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfgen.data import streams

kinds = pytest.mark.parametrize("kind", [streams.uniform, streams.normal])


@kinds
@given(
    first=st.integers(0, 2**40),
    skip=st.integers(0, 20),
    count=st.integers(1, 30),
    shape=st.lists(st.integers(1, 5), max_size=3),
)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_rows_do_not_depend_on_how_they_are_asked_for(
    kind, first, skip, count, shape
):
    whole = kind(7, first, skip + count, shape).numpy()
    part = kind(7, first + skip, count, shape).numpy()
    assert whole.shape == (skip + count, *shape)
    np.testing.assert_array_equal(whole[skip:], part)


@kinds
def test_many_rows_do_not_depend_on_how_they_are_asked_for(kind):
    # Long enough for TensorFlow to divide the work among threads.
    whole = kind(7, 0, 100_000, [3]).numpy()
    part = kind(7, 60_000, 40_000, [3]).numpy()
    np.testing.assert_array_equal(whole[60_000:], part)


@kinds
def test_keys_and_rows_differ(kind):
    a, b = kind(1, 0, 1000, [1]).numpy(), kind(2, 0, 1000, [1]).numpy()
    assert len(np.unique(np.concatenate([a, b]))) > 1990


def test_uniform_fills_the_interval():
    u = streams.uniform(3, 0, 10_000, [4]).numpy()
    assert 0 <= u.min() < 1e-3
    assert 1 - 1e-3 < u.max() < 1
    counts = np.histogram(u, bins=20, range=(0, 1))[0]
    # Five standard errors.
    assert abs(counts / 2000 - 1).max() < 5 / 2000**0.5

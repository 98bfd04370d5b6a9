import itertools

import pytest

from tfgen.errors import UserError
from tfgen.tables.sweep import draws, parse


def first(count, sampler, *search, seed=0):
    spaces = [parse(text) for text in search]
    return list(itertools.islice(draws(spaces, sampler, seed), count))


def test_a_grid_is_every_combination_once():
    assert first(9, "grid", "a=1,2", "b=3|4,5") == [
        ("a=1", "b=3"),
        ("a=1", "b=4,5"),
        ("a=2", "b=3"),
        ("a=2", "b=4,5"),
    ]
    with pytest.raises(UserError, match="search=a: a grid has no ranges"):
        first(1, "grid", "a=1..2")


def test_more_trials_go_on_from_the_same_ones():
    search = "rate=1e-4..1e-1", "size=8..16", "cell=lstm,gru"
    few, many = (first(n, "random", *search) for n in (3, 200))
    assert many[:3] == few
    rates, sizes, cells = (
        [setting.partition("=")[2] for setting in column]
        for column in zip(*many)
    )
    assert set(sizes) == {str(n) for n in range(8, 17)}
    assert set(cells) == {"lstm", "gru"}
    # By logarithms: a third of the draws in each factor of ten.
    below = sum(float(rate) < 1e-3 for rate in rates) / len(rates)
    assert 0.2 < below < 0.47
    assert first(3, "random", *search, seed=1) != few


@pytest.mark.parametrize("text", ["a", "a=", "=1", "a=1,,2"])
def test_a_search_that_cannot_be_read(text):
    with pytest.raises(UserError, match="^search=.*: expected name=a,b,c"):
        parse(text)

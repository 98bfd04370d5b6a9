import itertools

import numpy as np
import pytest

from tests import tolerances
from tfgen.errors import UserError
from tfgen.evaluate import log_partition
from tfgen.evaluate.log_partition import Machine


def machine(even, odd, scale=1.0, seed=0):
    random = np.random.default_rng(seed)
    shapes = ((even, odd), (even,), (odd,))
    return Machine(*(random.normal(0, scale, shape) for shape in shapes))


def states(n):
    return np.array(list(itertools.product([0.0, 1.0], repeat=n)))


def all_logs(m):
    """`b v + c h + v W h` of all pairs of states, one by one."""
    v, h = states(len(m.b)), states(len(m.c))
    return (v @ m.b)[:, None] + h @ m.c + v @ m.W @ h.T


@pytest.mark.parametrize("even, odd", [(5, 3), (3, 6)])
def test_counted_is_the_sum_over_all_pairs_of_states(even, odd, monkeypatch):
    monkeypatch.setattr(log_partition, "_BLOCK", 3)
    m = machine(even, odd)
    logs = all_logs(m)
    of_v = -np.logaddexp.reduce(logs, axis=1)
    np.testing.assert_allclose(
        m.free_energy(states(even)), of_v, **tolerances.EXACT
    )
    np.testing.assert_allclose(
        log_partition.counted(m),
        np.logaddexp.reduce(logs, axis=None),
        **tolerances.EXACT,
    )


def test_too_many_states_are_not_counted():
    m = machine(21, 21)
    assert not m.countable
    with pytest.raises(UserError, match="21 units .* at most 20"):
        log_partition.counted(m)


def test_annealing_is_right_within_its_error_both_ways():
    """Weights so large that the base is far from it."""
    m, random = machine(8, 6, 1.5), np.random.default_rng(1)
    exact = log_partition.counted(m)
    v = states(8)
    p = np.exp(-m.free_energy(v) - exact)
    base = random.normal(size=8)
    samples = v[random.choice(len(v), 500, p=p)]
    ways = [
        log_partition.annealed(m, base, random, 300, 500),
        log_partition.annealed(m, base, random, 300, samples=samples),
    ]
    for found in ways:
        assert 0 < found.std_error < 0.03
        assert abs(found.value - exact) < 4 * found.std_error
    # In few steps it is too low on average, or too high.
    rough = np.mean(
        [
            [
                log_partition.annealed(m, base, random, 3, 5).value,
                log_partition.annealed(
                    m, base, random, 3, samples=samples[i : i + 5]
                ).value,
            ]
            for i in range(0, 500, 5)
        ],
        axis=0,
    )
    assert rough[0] < exact - 0.1 and exact + 0.1 < rough[1]


def test_gibbs_leaves_the_distribution_as_it_is():
    m, random = machine(3, 2), np.random.default_rng(0)
    v = states(3)
    p = np.exp(-m.free_energy(v) - log_partition.counted(m))
    start = np.zeros((20_000, 3))
    drawn = log_partition.gibbs(m, start, 20, random) @ [4, 2, 1]
    share = np.bincount(drawn.astype(int), minlength=8) / len(start)
    assert np.max(np.abs(share - p)) < 4 * np.sqrt(0.25 / len(start))

import itertools

import numpy as np

from tfgen.experiments import scan_order


def test_updates_are_those_of_all_binary_states():
    """Of 2^n states, those without weight left out."""
    n = 3
    states = [s for s in itertools.product((0, 1), repeat=n)]
    possible = {tuple([1] * k + [0] * (n - k)): k for k in range(n + 1)}
    weight = {
        s: scan_order.HEAVY ** possible[s] if s in possible else 0.0
        for s in states
    }
    total = sum(weight.values())
    target = scan_order.stationary(n)
    for state, k in possible.items():
        np.testing.assert_allclose(target[k], weight[state] / total)
    for i, matrix in enumerate(scan_order.updates(n)):
        for state, k in possible.items():
            with_value = [
                (*state[:i], value, *state[i + 1 :]) for value in (0, 1)
            ]
            mass = sum(weight[s] for s in with_value)
            expected = np.zeros(n + 1)
            for s in with_value:
                if s in possible:
                    expected[possible[s]] += weight[s] / mass
            np.testing.assert_allclose(matrix[k], expected)
        # Each update leaves the distribution as it is.
        np.testing.assert_allclose(target @ matrix, target, atol=1e-16)


def test_no_order_of_all_is_better_or_worse():
    n = 4
    target = scan_order.stationary(n)
    times = {
        order: scan_order.mixing_time(scan_order.scan(n, order), target)
        for order in itertools.permutations(range(n))
    }
    assert min(times.values()) == times[0, 1, 2, 3] == n
    assert max(times.values()) == times[3, 2, 1, 0] == (n - 1) * n + 1


def test_a_random_scan_waits_for_the_next_variable():
    """The number of updates is that of n successes, each of probability 1/n."""
    n = 5
    waiting = np.zeros(n + 1)
    waiting[0] = 1
    t = 0
    while waiting[n] < 1 - scan_order.ENOUGH:
        moved = waiting[:n] / n
        waiting[:n] -= moved
        waiting[1:] += moved
        t += 1
    target = scan_order.stationary(n)
    assert scan_order.mixing_time(scan_order.random_scan(n), target) == t == 31


def test_claims_hold_and_can_fail():
    found = scan_order.rows(0)
    assert all(holds(found) for holds in scan_order.CLAIMS.values())
    other = {
        "best order": found["worst order"],
        "worst order": found["best order"],
        "random": found["best order"],
    }
    assert not any(holds(other) for holds in scan_order.CLAIMS.values())

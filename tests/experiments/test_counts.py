import math

import numpy as np

from tfgen.experiments import counts


def test_hashes_are_the_signs():
    random = np.random.default_rng(0)
    A, g = random.standard_normal((16, 5)), random.standard_normal(5)
    bits = [sum(a * b for a, b in zip(row, g)) > 0 for row in A]
    numbers = [
        sum(bit << (7 - i) for i, bit in enumerate(bits[k : k + 8]))
        for k in (0, 8)
    ]
    assert counts.sim_hash(A, g) == bytes(numbers)


def test_near_states_share_bits():
    """As many as the angle between them says: 1 - angle / pi."""
    random = np.random.default_rng(0)
    A = random.standard_normal((8000, 2))
    hashes = [
        np.unpackbits(np.frombuffer(counts.sim_hash(A, x), np.uint8))
        for x in (np.array([1.0, 0.0]), np.array([1.0, 1.0]))
    ]
    shared = np.mean(hashes[0] == hashes[1])
    np.testing.assert_allclose(shared, 1 - 0.25, atol=0.015)


def test_values_without_a_bonus(monkeypatch):
    """Those of the best policy, of a lock that chance opens."""
    monkeypatch.setattr(counts, "WHEELS", 3)
    random = np.random.default_rng(1)
    right, Q, first = counts.learn(random, 0.0, int, 3000)
    assert first < 50
    for s in range(3):
        value = counts.DISCOUNT ** (2 - s)
        np.testing.assert_allclose(Q[s, right[s]], value)
        back = counts.DISCOUNT**3
        np.testing.assert_allclose(Q[s, 1 - right[s]], back)


def test_the_bonus_of_each_visit(monkeypatch):
    """The n-th visit to the start is worth beta / sqrt(n) more."""
    monkeypatch.setattr(counts, "WHEELS", 1)
    monkeypatch.setattr(counts, "DISCOUNT", 0.0)
    random = np.random.default_rng(0)
    right, Q, _ = counts.learn(random, 10.0, int, 40)
    # Of one state and no future, Q of going back averages its bonuses.
    (wrong,) = 1 - right
    bonuses = [10 / math.sqrt(n) for n in range(1, 1000)]
    expected, values = 0.0, [0.0]
    for bonus in bonuses:
        expected += counts.RATE * (bonus - expected)
        values.append(expected)
    assert np.min(np.abs(np.array(values) - Q[0, wrong])) < 1e-9
    assert Q[0, wrong] > 0


def test_the_state_that_is_reached_is_counted():
    """The first one: the second wheel, or the start again."""
    reached = set()
    for seed in range(8):
        counted = []
        counts.learn(np.random.default_rng(seed), 0.1, counted.append, 1)
        reached.add(counted[0])
        # One wheel further each time, or back.
        assert all(t in (s + 1, 0) for s, t in zip(counted, counted[1:]))
    assert reached == {0, 1}


def test_claims(monkeypatch):
    monkeypatch.setattr(counts, "WHEELS", 14)
    monkeypatch.setattr(counts, "EPISODES", 1200)
    ways = {
        name: way
        for name, way in counts.WAYS.items()
        if name in {"no bonus", "counts of states", "SimHash of 32 bits"}
    }
    monkeypatch.setattr(counts, "WAYS", ways)
    found = counts.rows(0)
    found["states, beta = 1"] = {"opened": 0.0}
    assert all(holds(found) for holds in counts.CLAIMS.values())
    worse = {n: {"opened": 1 - v["opened"]} for n, v in found.items()}
    assert not any(holds(worse) for holds in counts.CLAIMS.values())

import numpy as np
import pytest

from tfgen.experiments import hdqn


def always(action, episodes, seed=0):
    """The mean reward of one action."""
    chain_rewards = []
    random = np.random.default_rng(seed)
    for _ in range(episodes):
        chain = hdqn.Chain(random)
        while not chain.ended:
            reward = chain.step(action)
        chain_rewards.append(reward)
    return np.mean(chain_rewards)


def test_the_best_reward_is_the_gamblers():
    """From 1 of 5 steps, each way with the same probability."""
    # Probabilities of the right end before the left one, from each state.
    inner = np.eye(4) - 0.5 * (np.eye(4, k=1) + np.eye(4, k=-1))
    reached = np.linalg.solve(inner, [0, 0, 0, 0.5])
    assert hdqn.OPTIMUM == pytest.approx(
        reached[0] * hdqn.LARGE + (1 - reached[0]) * hdqn.SMALL
    )
    assert always(hdqn.RIGHT, 4000) == pytest.approx(hdqn.OPTIMUM, abs=0.02)
    assert always(hdqn.LEFT, 10) == pytest.approx(hdqn.SMALL)


def test_a_value_moves_towards_reward_and_what_comes():
    Q = np.array([[1.0, 2.0]])
    hdqn.learn(Q, (0, 1), 0.5, 10.0)
    np.testing.assert_allclose(Q, [[1, 2 + 0.1 * (0.5 + 0.99 * 10 - 2)]])


def test_choices():
    random = np.random.default_rng(0)
    values = np.array([1.0, 3.0, 3.0, -np.inf])
    best = [hdqn.choose(values, 0.0, random) for _ in range(50)]
    assert {*best} == {1, 2}
    drawn = [hdqn.choose(values, 1.0, random) for _ in range(50)]
    assert {*drawn} == {0, 1, 2, 3}


def test_what_is_learnt_of_a_visit(monkeypatch):
    """With a flag, whether a reward is large; without one, nothing."""
    steps = []
    monkeypatch.setattr(hdqn, "learn", lambda Q, *step: steps.append(step))
    for knows_visit in (True, False):
        steps.clear()
        episode = hdqn.q_learning(np.random.default_rng(0), knows_visit)
        rewards = [episode(1.0) for _ in range(300)]
        assert {*rewards} == {hdqn.SMALL, hdqn.LARGE}
        ends = [(index[0], reward) for index, reward, _ in steps if reward]
        assert [reward for _, reward in ends] == rewards
        flags = [reward == hdqn.LARGE and knows_visit for reward in rewards]
        assert [flag for flag, _ in ends] == flags


def test_claims():
    found = hdqn.rows(0)
    *others, explores = [holds(found) for holds in hdqn.CLAIMS.values()]
    assert all(others)
    assert not explores
    worse = {name: {"greedy": 0.1} for name in found}
    assert not any(holds(worse) for holds in hdqn.CLAIMS.values())

"""Exploration by counts of hashed states.

Haoran Tang, Rein Houthooft, Davis Foote, Adam Stooke, Xi Chen, Yan Duan, John
Schulman, Filip De Turck, Pieter Abbeel: #Exploration: A Study of Count-Based
Exploration for Deep Reinforcement Learning. NIPS 2017. arXiv:1611.04717.

What is claimed: a bonus for states that were seldom visited finds rewards that
are far away, with counts of hashes where there are too many states to count:

    r + beta / sqrt(n(phi(s))),   phi(s) = sgn(A g(s)), k bits   (eqs. 1 and 2)

What its review objects: settings differ widely from task to task.

Here the task is a lock of 20 wheels. In each state, one of two actions, another
one from state to state, goes on; the other one goes back to the start. An
episode has 20 steps. The only reward, 1, is at the end: a random walk gets
there in one of 2^20 episodes.

What deviates, and why:
- Q-learning of a table instead of TRPO; the lock has 20 states.
- g(s), the state as numbers, is a vector of its own that is drawn, of 32
  numbers.
- Counts are exact for a hash; the paper's of 6 tables modulo primes save
  memory.
- Neither games nor robots are tried, nor hashes that are learnt from pixels.
"""

from collections.abc import Callable

import numpy as np

from tfgen.tables.papers import Row, Table

PAPER = "Tang et al. 2017, arXiv:1611.04717"

WHEELS, NUMBERS = 20, 32
EPISODES = 3000
RATE, DISCOUNT, EPSILON = 0.5, 0.99, 0.1
BETA = 0.01
# Name of a row -> beta, bits of the hash (None: the state itself).
WAYS = {
    "no bonus": (0.0, None),
    "counts of states": (BETA, None),
    "SimHash of 4 bits": (BETA, 4),
    "SimHash of 8 bits": (BETA, 8),
    "SimHash of 32 bits": (BETA, 32),
    "states, beta = 0.1": (0.1, None),
    "states, beta = 1": (1.0, None),
}
TABLE = Table(
    tuple(Row(name, None) for name in WAYS),
    "paper",
    {
        "opened": "the best policy opens it",
        "episodes": f"episodes before it opened ({EPISODES:,}: never)",
    },
    units={"episodes": "episodes"},
)
CLAIMS = {
    "without a bonus, the lock stays closed": lambda r: (
        r["no bonus"]["opened"] == 0
    ),
    "with counts of states, it is opened": lambda r: (
        r["counts of states"]["opened"] == 1
    ),
    "with hashes of 32 bits, it is opened": lambda r: (
        r["SimHash of 32 bits"]["opened"] == 1
    ),
    "with beta = 1, it stays closed (the review's objection)": lambda r: (
        r["states, beta = 1"]["opened"] == 0
    ),
}


def sim_hash(A: np.ndarray, g: np.ndarray) -> bytes:
    """Returns sgn(A g), packed.

    Args:
      A: [k, numbers], drawn once.
      g: a state as numbers.
    """
    return np.packbits(A @ g > 0).tobytes()


def learn(
    random: np.random.Generator,
    beta: float,
    phi: Callable[[int], bytes | int],
    episodes: int,
) -> tuple[np.ndarray, np.ndarray, float]:
    """Learns to open a lock.

    Args:
      random: for the lock and for choices.
      beta: of the bonus.
      phi: state -> what is counted.
      episodes: how many.

    Returns:
      The right action of each state; Q [states, actions]; the number of
      episodes before the first one that got to the end.
    """
    right = random.integers(2, size=WHEELS)
    Q = np.zeros((WHEELS, 2))
    counts: dict[bytes | int, int] = {}
    first = episodes
    for episode in range(episodes):
        s = 0
        for _ in range(WHEELS):
            best = np.flatnonzero(Q[s] == Q[s].max())
            action = random.choice(best)
            if random.random() < EPSILON:
                action = random.integers(2)
            t = s + 1 if action == right[s] else 0
            reward = float(t == WHEELS)
            if t < WHEELS:
                key = phi(t)
                counts[key] = counts.get(key, 0) + 1
                reward += beta / np.sqrt(counts[key])
            after = 0.0 if t == WHEELS else Q[t].max()
            Q[s, action] += RATE * (reward + DISCOUNT * after - Q[s, action])
            if t == WHEELS:
                first = min(first, episode)
                break
            s = t
    return right, Q, first


def rows(seed: int) -> dict[str, dict[str, float]]:
    """Returns the figures of each row."""
    found = {}
    for name, (beta, bits) in WAYS.items():
        random = np.random.default_rng(seed)
        g = random.standard_normal((WHEELS, NUMBERS))
        phi = int
        if bits:
            A = random.standard_normal((bits, NUMBERS))
            phi = [sim_hash(A, x) for x in g].__getitem__
        right, Q, first = learn(random, beta, phi, EPISODES)
        found[name] = {
            "opened": float((Q.argmax(1) == right).all()),
            "episodes": first,
        }
    return found

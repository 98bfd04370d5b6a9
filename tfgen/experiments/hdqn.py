"""Goals within goals: hierarchical Q-learning.

Tejas Kulkarni, Karthik Narasimhan, Ardavan Saeedi, Joshua Tenenbaum:
Hierarchical Deep Reinforcement Learning: Integrating Temporal Abstraction and
Intrinsic Motivation. NIPS 2016. arXiv:1604.06057.

What is claimed: a controller that is rewarded for goals, and a meta-controller
that chooses them, find rewards that Q-learning does not. In the paper's chain
of six states, the reward at the left end is 1 if the right end was visited, and
0.01 if not; a step to the right fails half of the time.

    Q1(s, a; g)   of the controller: reward 1 at its goal g, where it ends
    Q2(s, g)      of the meta-controller: the sum of the chain's rewards until
                  the controller has ended

Here both are tables. The best policy is known: it always goes right until the
right end was visited, and gets there before the left one with probability 1/5
(gambler's ruin), so 1/5 + 4/5 of 0.01 = 0.208. Q-learning fails because it does
not explore: with a flag of the visit in its state it fails as well, and without
one it finds the reward, on and off, if its first choices are random.

What deviates, and why:
- Tables instead of networks, so no replay: the chain has six states.
- The meta-controller's state has no flag of the visit, as in the paper.
- Montezuma's Revenge, which needs networks and goals that are seen, is not
  tried.
"""

import numpy as np

from tfgen.tables.papers import Row, Table

PAPER = "Kulkarni et al. 2016, arXiv:1604.06057"

STATES, START = 6, 1
LEFT, RIGHT = 0, 1
SMALL, LARGE = 0.01, 1.0
OPTIMUM = 1 / 5 * LARGE + 4 / 5 * SMALL

EPISODES, TRIED = 20_000, 2000  # of training, of the greedy policy
RATE, DISCOUNT = 0.1, 0.99
EPSILON = 0.1  # the share of random choices
HDQN, PLAIN = "h-DQN", "Q-learning"
FLAG, EXPLORES = "Q-learning, visit known", "Q-learning, random at first"
TABLE = Table(
    tuple(Row(name, None) for name in (HDQN, PLAIN, FLAG, EXPLORES)),
    "paper",
    {"greedy": "reward, greedy", "training": "of the last 1,000 episodes"},
    units={"greedy": "", "training": ""},
)
CLAIMS = {
    "h-DQN's reward is at least 0.19 (best: 0.208)": lambda r: (
        r[HDQN]["greedy"] >= 0.19
    ),
    "Q-learning's is the small one": lambda r: r[PLAIN]["greedy"] < 0.02,
    "so is that of Q-learning that knows of the visit": lambda r: (
        r[FLAG]["greedy"] < 0.02
    ),
    "so is that of Q-learning with random choices at first": lambda r: (
        max(r[EXPLORES].values()) < 0.02
    ),
}


class Chain:
    """The paper's states; the last one to the left ends an episode."""

    def __init__(self, random: np.random.Generator):
        self._random = random
        self.state, self.visited = START, False

    def step(self, action: int) -> float:
        """Moves, and returns the reward."""
        right = action == RIGHT and self._random.random() < 0.5
        self.state = (
            min(self.state + 1, STATES - 1) if right else (self.state - 1)
        )
        self.visited |= self.state == STATES - 1
        if not self.ended:
            return 0.0
        return LARGE if self.visited else SMALL

    @property
    def ended(self) -> bool:
        """Whether the left end is reached."""
        return self.state == 0


def choose(values: np.ndarray, epsilon: float, random) -> int:
    """Returns the best of values, any of the best ones, or any at all."""
    if random.random() < epsilon:
        return int(random.integers(len(values)))
    return int(random.choice(np.flatnonzero(values == values.max())))


def learn(Q: np.ndarray, index: tuple, reward: float, after: float) -> None:
    """Moves a value towards the reward and what comes after."""
    Q[index] += RATE * (reward + DISCOUNT * after - Q[index])


def q_learning(random, knows_visit: bool):
    """Returns a function of epsilon: an episode's reward."""
    Q = np.zeros((2, STATES, 2))

    def episode(epsilon, learns=True):
        chain = Chain(random)
        while not chain.ended:
            s = int(knows_visit and chain.visited), chain.state
            action = choose(Q[s], epsilon, random)
            reward = chain.step(action)
            if learns:
                t = int(knows_visit and chain.visited), chain.state
                after = 0.0 if chain.ended else Q[t].max()
                learn(Q, (*s, action), reward, after)
        return reward

    return episode


def h_dqn(random):
    """Returns what `q_learning` does."""
    Q1 = np.zeros((STATES, STATES, 2))  # of goal, state, action
    Q2 = np.zeros((STATES, STATES))  # of state, goal

    def episode(epsilon, learns=True):
        chain, total = Chain(random), 0.0
        while not chain.ended:
            s = chain.state
            goals = np.where(np.arange(STATES) == s, -np.inf, Q2[s])
            g = choose(goals, epsilon, random)
            if g == s:
                continue
            gained = 0.0
            while not chain.ended and chain.state != g:
                before = chain.state
                action = choose(Q1[g, before], epsilon, random)
                gained += chain.step(action)
                if learns:
                    ended = chain.ended or chain.state == g
                    after = 0.0 if ended else Q1[g, chain.state].max()
                    learn(Q1, (g, before, action), chain.state == g, after)
            if learns:
                after = 0.0 if chain.ended else Q2[chain.state].max()
                learn(Q2, (s, g), gained, after)
            total += gained
        return total

    return episode


def rows(seed: int) -> dict[str, dict[str, float]]:
    """Returns the figures of each row."""
    random = np.random.default_rng(seed)
    # Over the first half of the training, as many as all become EPSILON.
    fewer = np.maximum(EPSILON, 1 - np.arange(EPISODES) * 2 / EPISODES)
    same = np.full(EPISODES, EPSILON)
    ways = {
        HDQN: (h_dqn(random), same),
        PLAIN: (q_learning(random, knows_visit=False), same),
        FLAG: (q_learning(random, knows_visit=True), same),
        EXPLORES: (q_learning(random, knows_visit=False), fewer),
    }
    found = {}
    for name, (episode, epsilons) in ways.items():
        rewards = [episode(epsilon) for epsilon in epsilons]
        greedy = [episode(0.0, learns=False) for _ in range(TRIED)]
        found[name] = {
            "greedy": np.mean(greedy),
            "training": np.mean(rewards[-1000:]),
        }
    return found

"""Reward augmented maximum likelihood: targets that are a little wrong.

Mohammad Norouzi, Samy Bengio, Zhifeng Chen, Navdeep Jaitly, Mike Schuster,
Yonghui Wu, Dale Schuurmans: Reward Augmented Maximum Likelihood for Neural
Structured Prediction. NIPS 2016. arXiv:1609.00150.

What is claimed: a network that learns targets drawn from

    q(y | y*; tau) = exp(r(y, y*) / tau) / Z(y*, tau)                    (eq. 6)

instead of the true y* alone makes fewer errors, of speech and of translations.

Here r is minus the number of symbols that differ, and a GRU learns to reverse
eight random symbols from 400 examples. The number of differing symbols has
C(m, d) (v - 1)^d strings each, so q is drawn exactly. Beside it are maximum
likelihood, label smoothing, which is easier, and the formula that many public
copies have, d log v (1 - 1/tau) - d/tau, which is another distribution.

What deviates, and why:
- A small task; its symbols say nothing of one another. Speech (TIMIT) and
  translation are not tried.
- No insertions and deletions: all strings are of one length.
"""

import functools
import math

import keras
import numpy as np
import tensorflow as tf

from tfgen.config import OptimizerConfig
from tfgen.experiments import training
from tfgen.model import Model, Player
from tfgen.tables.papers import Row, Table

PAPER = "Norouzi et al. 2016, arXiv:1609.00150"

SYMBOLS, LENGTH = 8, 8  # v, m
EXAMPLES, TESTED = 400, 1000
STEPS, UNITS = 1000, 96
ML, SMOOTHING = "maximum likelihood", "label smoothing 0.1"
RAML = "RAML, tau = {}"
TAUS = (0.2, 0.3, 0.5)
COPIED = "the copied formula, tau = 0.3"
_NAMES = (ML, *map(RAML.format, TAUS), COPIED, SMOOTHING)
TABLE = Table(
    tuple(Row(name, None) for name in _NAMES),
    "paper",
    {
        "token_error": "wrong symbols",
        "sequence_error": "wrong sequences",
        "edits": "symbols changed in a target",
    },
    units={"edits": "symbols"},
)


def _best(found) -> float:
    return min(found[RAML.format(tau)]["token_error"] for tau in TAUS)


CLAIMS = {
    "with some tau, fewer wrong symbols than maximum likelihood": lambda r: (
        _best(r) < r[ML]["token_error"]
    ),
    "with some tau, fewer than label smoothing": lambda r: (
        _best(r) < r[SMOOTHING]["token_error"]
    ),
}


def distances(m: int, v: int, tau: float) -> np.ndarray:
    """Returns the probability that d of m symbols differ, [m + 1].

    Args:
      m: length of a string.
      v: number of symbols.
      tau: temperature.
    """
    logits = [
        math.log(math.comb(m, d)) + d * (math.log(v - 1) - 1 / tau)
        for d in range(m + 1)
    ]
    return _softmax(logits)


def copied(m: int, v: int, tau: float) -> np.ndarray:
    """Returns what many copies have instead of `distances`."""
    logits = [
        math.log(math.comb(m, d)) + d * (math.log(v) * (1 - 1 / tau) - 1 / tau)
        for d in range(m + 1)
    ]
    return _softmax(logits)


def _softmax(logits):
    p = np.exp(np.array(logits) - np.max(logits))
    return p / p.sum()


def draw(
    random: np.random.Generator, y: np.ndarray, of_d: np.ndarray, v: int
) -> np.ndarray:
    """Returns strings with d symbols replaced by others, [..., m].

    Args:
      random: numbers.
      y: strings of symbols 0 to v - 1, [..., m].
      of_d: the probability of each d, [m + 1].
      v: number of symbols.
    """
    d = random.choice(len(of_d), size=y.shape[:-1], p=of_d)
    rank = random.random(y.shape).argsort(axis=-1)
    other = (y + random.integers(1, v, y.shape)) % v
    return np.where(rank < d[..., None], other, y)


class Reverser(Model):
    """A GRU reads x [B, m], another one writes y [B, m]."""

    def __init__(self, smoothing: float = 0.0, units: int = UNITS):
        super().__init__()
        self.smoothing = smoothing
        # The last symbol is what comes before the first.
        self.embedding = keras.layers.Embedding(SYMBOLS + 1, units)
        self.reader = keras.layers.GRU(units, unroll=True)
        self.writer = keras.layers.GRU(
            units, return_sequences=True, unroll=True
        )
        self.out = keras.layers.Dense(SYMBOLS)
        start = tf.zeros((1, LENGTH), tf.int32)
        self.logits(start, start)

    def players(self):
        """One, of all weights."""
        adam = OptimizerConfig(learning_rate=3e-3, schedule="cosine")
        return {"model": Player(self.trainable_variables, adam)}

    def logits(self, x, y):
        """Returns logits of each symbol, given those before, [B, m, v]."""
        before = tf.pad(y[:, :-1], [[0, 0], [1, 0]], constant_values=SYMBOLS)
        state = self.reader(self.embedding(x))
        return self.out(
            self.writer(self.embedding(before), initial_state=state)
        )

    def per_example_losses(self, batch, training):
        """Returns the cross-entropy, [B]."""
        del training
        true = tf.one_hot(batch["y"], SYMBOLS)
        target = (1 - self.smoothing) * true + self.smoothing / SYMBOLS
        loss = tf.nn.softmax_cross_entropy_with_logits(
            target, self.logits(batch["x"], batch["y"])
        )
        return {"model": tf.reduce_sum(loss, axis=1)}


def rows(seed: int, steps: int = STEPS) -> dict[str, dict[str, float]]:
    """Returns the figures of each row.

    Args:
      seed: of everything.
      steps: of each training.
    """
    random = np.random.default_rng(seed)
    shape = EXAMPLES + TESTED, LENGTH
    x = random.integers(0, SYMBOLS, shape, dtype=np.int32)
    ways = {
        ML: _true(),
        SMOOTHING: _true(),
        COPIED: copied(LENGTH, SYMBOLS, 0.3),
    }
    for tau in TAUS:
        ways[RAML.format(tau)] = distances(LENGTH, SYMBOLS, tau)
    found = {}
    for name in _NAMES:
        training.begin(seed)
        model = Reverser(0.1 if name == SMOOTHING else 0.0)

        def batch(random, shape, of_d=ways[name]):
            chosen = x[random.integers(0, EXAMPLES, shape)]
            y = draw(random, chosen[..., ::-1], of_d, SYMBOLS)
            return {"x": chosen, "y": y.astype(np.int32)}

        training.train(model, batch, steps, 64, seed)
        test = x[EXAMPLES:]
        written = training.likeliest(
            functools.partial(model.logits, test), test.shape
        )
        wrong = written != test[:, ::-1]
        found[name] = {
            "token_error": wrong.mean(),
            "sequence_error": wrong.any(axis=1).mean(),
            "edits": ways[name] @ np.arange(LENGTH + 1),
        }
    return found


def _true():
    """Targets as they are."""
    return np.eye(LENGTH + 1)[0]

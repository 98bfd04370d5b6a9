"""Active memory: all of it changes in each step, and outputs must be linked.

Lukasz Kaiser, Samy Bengio: Can Active Memory Replace Attention? NIPS 2016.
arXiv:1610.08613.

A memory s has a cell for each symbol. A convolutional gated recurrent unit
changes all cells at once, from those beside them, n times for n symbols:

    CGRU(s) = u s + (1 - u) tanh(U * (r s) + B)
    u = sigmoid(U' * s + B'),   r = sigmoid(U'' * s + B'')

    Neural GPU      p(y_k | x) of cell k, each output by itself
    Markovian       p(y_k | x, y_{k-1}), of cell k and the output before
    Extended        a second unit reads a tape p of the outputs so far, too,
                    and changes all cells before each output

What is claimed: outputs that are independent, given x, are why the Neural GPU
translates badly; the Extended one is as good as attention.

Here y is "aa" or "bb", with probability 1/2 each, whatever x is. Independent
outputs of the right frequencies are one of the two half of the time, and have
2 bits instead of 1. Copying and reversing, which need no link, are learnt from
up to 8 symbols and tried with 16, as many steps as there are symbols.

What deviates, and why:
- A memory of width 1. Neither gradient noise nor other help of the Neural GPU.
- Of translation and of attention nothing is tried.
"""

import keras
import numpy as np
import tensorflow as tf

from tfgen.config import OptimizerConfig
from tfgen.experiments import training
from tfgen.experiments.symbols import (
    SYMBOLS,
    TRAINED,
    TRIED,
    arrays,
    copy,
    link,
    reverse,
)
from tfgen.model import Model, Player
from tfgen.tables.papers import Row, Table

PAPER = "Kaiser & Bengio 2016, arXiv:1610.08613"

PLAIN, MARKOV, EXTENDED = "Neural GPU", "Markovian", "Extended"
WAYS = (PLAIN, MARKOV, EXTENDED)
BEST = "independent outputs at best"
UNITS = 32
TESTED = 200  # examples
STEPS = {"link": 300, "copy": 300, "reverse": 1000}
TABLE = Table(
    (
        Row(BEST, None, figures=("bits", "valid")),
        *(Row(name, None) for name in WAYS),
    ),
    "paper",
    {
        "bits": "aa or bb",
        "valid": "of which are one of the two",
        "copy": f"wrong symbols of copies, {TRAINED}",
        "copy_twice": f"{TRIED}",
        "reverse": f"reversed, {TRAINED}",
        "reverse_twice": f"{TRIED}",
    },
    units={"bits": "bits"},
)
CLAIMS = {
    "independent outputs have 2 bits, half of them valid": lambda r: (
        abs(r[PLAIN]["bits"] - 2) < 0.05 and abs(r[PLAIN]["valid"] - 0.5) < 0.05
    ),
    "linked ones have 1 bit, all of them valid": lambda r: all(
        r[way]["bits"] < 1.05 and r[way]["valid"] > 0.95
        for way in (MARKOV, EXTENDED)
    ),
    "all copy twice the length (1 % wrong at most)": lambda r: all(
        r[way]["copy_twice"] <= 0.01 for way in WAYS
    ),
    "all reverse what they learnt (1 %)": lambda r: all(
        r[way]["reverse"] <= 0.01 for way in WAYS
    ),
    "all reverse twice the length (1 %)": lambda r: all(
        r[way]["reverse_twice"] <= 0.01 for way in WAYS
    ),
}


class CGRU(keras.layers.Layer):
    """A convolutional gated recurrent unit."""

    def __init__(self, units: int):
        super().__init__()
        self.gates = keras.layers.Dense(2 * units, "sigmoid")
        self.new = keras.layers.Dense(units, "tanh")

    def call(self, s, tape=None):
        """Returns the next s [B, n, H]; reads a tape [B, n, H], too."""
        read = [] if tape is None else [tape]
        gates = self.gates(_three(tf.concat([s, *read], axis=2)))
        u, r = tf.split(gates, 2, axis=2)
        new = self.new(_three(tf.concat([r * s, *read], axis=2)))
        return u * s + (1 - u) * new


def _three(s):
    """Each cell between those beside it: a product with it convolves."""
    n = s.shape[1]
    padded = tf.pad(s, [[0, 0], [1, 1], [0, 0]])
    return tf.concat([padded[:, i : n + i] for i in range(3)], axis=2)


class ActiveMemory(Model):
    """Reads x [B, n] and writes y [B, n]; n is the longest of a batch."""

    def __init__(self, way: str, units: int = UNITS):
        super().__init__()
        self.way = way
        self.embedding = keras.layers.Embedding(SYMBOLS, units)
        self.unit = CGRU(units)
        self.out = keras.layers.Dense(SYMBOLS)
        if way != PLAIN:
            # The last symbol is what comes before the first.
            self.written = keras.layers.Embedding(SYMBOLS + 1, units)
        if way == EXTENDED:
            self.writer = CGRU(units)
        start = tf.zeros((1, 1), tf.int32)
        # Outside of a loop, where variables can be made.
        if way == EXTENDED:
            self.writer(self.embedding(start), self.written(start))
        self.unit(self.embedding(start))
        self.logits(start, start, tf.ones(1, tf.int32))

    def players(self):
        """One, of all weights."""
        adam = OptimizerConfig(learning_rate=3e-3, schedule="cosine")
        return {"model": Player(self.trainable_variables, adam)}

    def memory(self, x, length):
        """Returns s after as many steps as symbols, [B, n, H]; 0 beyond."""
        inside = _inside(x, length)

        def step(s, now):
            after = self.unit(s) * inside
            return tf.where((now < length)[:, None, None], after, s)

        return tf.foldl(step, tf.range(x.shape[1]), self.embedding(x) * inside)

    def logits(self, x, y, length):
        """Returns logits of each symbol, given those before, [B, n, v]."""
        s, n = self.memory(x, length), x.shape[1]
        if self.way == PLAIN:
            return self.out(s)
        if self.way == MARKOV:
            before = tf.pad(
                y[:, :-1], [[0, 0], [1, 0]], constant_values=SYMBOLS
            )
            return self.out(tf.concat([s, self.written(before)], axis=2))
        written = self.written(y)
        inside, places = _inside(x, length), tf.eye(n)[:, None, :, None]

        def step(last, here):
            """Writes one symbol, of the cell that is 1 in `here`."""
            s, tape, _ = last
            s = self.writer(s, tape) * inside
            cell = tf.reduce_sum(s * here, axis=1)
            return s, tape + written * here, cell

        start = s, tf.zeros_like(s), s[:, 0]
        _, _, cells = tf.scan(step, places, start)
        return self.out(tf.transpose(cells, [1, 0, 2]))

    def per_example_losses(self, batch, training):
        """Returns nats of a string, [B]."""
        del training
        x, y, length = batch["x"], batch["y"], batch["length"]
        nats = tf.nn.sparse_softmax_cross_entropy_with_logits(
            y, self.logits(x, y, length)
        )
        return {"model": tf.reduce_sum(nats * _inside(x, length)[..., 0], 1)}


def _inside(x, length):
    """1 where there is a symbol, [B, n, 1]."""
    return tf.sequence_mask(length, x.shape[1], tf.float32)[..., None]


def probabilities(model: ActiveMemory) -> dict[str, float]:
    """Returns the probability of each string of two of a, b: "aa", "ab", …."""
    y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.int32)
    batch = arrays(np.zeros_like(y), y, np.full(4, 2))
    nats = model.per_example_losses(batch, training=False)["model"].numpy()
    return dict(zip(("aa", "ab", "ba", "bb"), np.exp(-nats.astype(float))))


def rows(seed: int, steps=STEPS) -> dict[str, dict[str, float]]:
    """Returns the figures of each row.

    Args:
      seed: of everything.
      steps: of each task's training.
    """
    found = {BEST: {"bits": 2.0, "valid": 0.5}}
    for way in WAYS:
        p = probabilities(_trained(way, link, steps["link"], seed))
        found[way] = {
            "bits": -0.5 * np.log2(p["aa"] * p["bb"]),
            "valid": p["aa"] + p["bb"],
        }
        for task in (copy, reverse):
            name = task.__name__
            model = _trained(way, task, steps[name], seed)
            for figure, n in ((name, TRAINED), (f"{name}_twice", TRIED)):
                test = task(np.random.default_rng(seed), (TESTED,), n)
                wrong = _written(model, test) != test["y"]
                found[way][figure] = wrong.mean()
    return found


def _trained(way, task, steps, seed):
    training.begin(seed)
    return training.train(ActiveMemory(way), task, steps, 64, seed)


def _written(model, test):
    x, length = (tf.constant(test[name]) for name in ("x", "length"))

    @tf.function
    def logits(y):
        return model.logits(x, y, length)

    return training.likeliest(logits, x.shape)

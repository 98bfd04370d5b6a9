"""A neural transducer: writes while it reads, block by block.

Navdeep Jaitly, David Sussillo, Quoc Le, Oriol Vinyals, Ilya Sutskever, Samy
Bengio: A Neural Transducer / An Online Sequence-to-Sequence Model Using Partial
Conditioning. NIPS 2016. arXiv:1511.04868.

Inputs come in blocks. After each block the network writes at most M symbols,
each given what it has read and written, and then <e>, which ends the block. An
alignment says how many symbols belong to each block; of one,

    p(y, alignment | x) = product over blocks b of
                          p(y_{of b}, <e> | x_{1..b}, y_{before})      (eq. 3)

and p(y | x) is the sum over alignments. Where they are unknown, the network
learns the best one that dynamic programming finds: of each block and each
number of symbols so far, only the best hypothesis is kept, with its state.

What is claimed: it learns without known alignments and answers at once, with
few errors more than where they are known.

Here a block is three digits, and must be answered by their sum, of one or two
symbols. Beside it are the alignment that is known; the sum over alignments, in
which a state is that of the best; and one block of all inputs, which is a
sequence-to-sequence network that writes at the end. Delay: inputs that are read
when a symbol is written, and not needed.

What deviates, and why:
- Alignments are found in each step, not after 100 to 300 sequences.
- No attention within a block: its last state is all of it. The likeliest
  symbol is taken, without a beam. Speech (TIMIT) is not tried.
"""

import keras
import numpy as np
import tensorflow as tf

from tfgen.config import OptimizerConfig
from tfgen.experiments import training
from tfgen.experiments.online_sums import (
    BLOCKS,
    LONGEST,
    MOST,
    WIDTH,
    distance,
    sums,
)
from tfgen.model import Model, Player
from tfgen.tables.papers import Row, Table

PAPER = "Jaitly et al. 2016, arXiv:1511.04868"

SYMBOLS, END = 10, 10
STEPS, UNITS, TESTED = 1000, 64, 500
KNOWN, FOUND = "alignment known", "best alignment"
SUM, OFFLINE = "sum over alignments", "one block of all"
TABLE = Table(
    tuple(Row(name, None) for name in (KNOWN, FOUND, SUM, OFFLINE)),
    "paper",
    {
        "symbols": "wrong symbols",
        "sequences": "wrong sequences",
        "delay": "delay",
        "aligned": "answers in their own block",
    },
    units={"delay": "inputs"},
)
CLAIMS = {
    "without alignments, at most 2 points more wrong symbols": lambda r: (
        r[FOUND]["symbols"] <= r[KNOWN]["symbols"] + 0.02
    ),
    "it answers at once: the delay is less than a block": lambda r: (
        abs(r[FOUND]["delay"]) < WIDTH
    ),
    "it is no worse than a network that writes at the end": lambda r: (
        r[FOUND]["symbols"] <= r[OFFLINE]["symbols"]
    ),
}
NEVER = -1e9  # a logarithm


class Transducer(Model):
    """Reads x [B, T] digits, writes y [B, S]."""

    def __init__(self, way: str = FOUND, units: int = UNITS):
        super().__init__()
        self.way, self.units = way, units
        self.blocks = 1 if way == OFFLINE else BLOCKS
        self.most = LONGEST if way == OFFLINE else MOST
        self.digits = keras.layers.Embedding(SYMBOLS, units)
        self.symbols = keras.layers.Embedding(SYMBOLS + 1, units)
        self.encoder = keras.layers.GRU(units, return_sequences=True)
        self.cell = keras.layers.GRUCell(units)
        self.out = keras.layers.Dense(SYMBOLS + 1)
        blocks = self.read(tf.zeros((1, BLOCKS * WIDTH), tf.int32))
        start = tf.zeros((1, units))
        self.write(tf.constant([END]), blocks[:, 0], start)

    def players(self):
        """One, of all weights."""
        adam = OptimizerConfig(learning_rate=3e-3, schedule="cosine")
        return {"model": Player(self.trainable_variables, adam)}

    def read(self, x):
        """Returns what is known after each block, [B, blocks, H]."""
        width = x.shape[1] // self.blocks
        return self.encoder(self.digits(x))[:, width - 1 :: width]

    def write(self, before, block, state):
        """A step of the writer.

        Args:
          before: the symbol before, [R]; <e> at the start of a block.
          block: what is known, [R, H].
          state: the writer's, [R, H].

        Returns:
          log p of each next symbol, <e> the last, [R, v + 1]; its state.
        """
        inputs = tf.concat([self.symbols(before), block], axis=1)
        state, _ = self.cell(inputs, state)
        logits = self.out(tf.concat([state, block], axis=1))
        return tf.nn.log_softmax(logits), state

    def log_prob(self, x, y, length, counts=None):
        """Returns log p(y, alignment | x) of the best alignment found, [B].

        Args:
          x: [B, T] int.
          y: [B, S] int; of each, the first symbols count.
          length: how many, [B].
          counts: symbols written after each block [B, blocks], where the
            alignment is known.
        """
        (B, S), H = y.shape, self.units
        after = tf.pad(y, [[0, 0], [0, self.most + 1]])

        def of_block(hypotheses, now):
            """Of each number of symbols so far, j: the best hypothesis."""
            score, state = hypotheses
            # (XLA has no gradient of `tf.repeat` in a loop.)
            block = now["known"][:, None] * tf.ones((S + 1, 1))
            block = tf.reshape(block, [-1, H])
            before = tf.fill([B * (S + 1)], END)
            ended, states = [], []
            for i in range(self.most + 1):
                log_p, flat = self.write(
                    before, block, tf.reshape(state, [-1, H])
                )
                state = tf.reshape(flat, [B, S + 1, H])
                log_p = tf.reshape(log_p, [B, S + 1, -1])
                # A hypothesis of j symbols has j + i now.
                ended.append(_shift(score + log_p[..., END], i, NEVER))
                states.append(_shift(state, i, 0.0))
                written = after[:, i : i + S + 1]
                score += tf.gather(log_p, written, axis=2, batch_dims=2)
                before = tf.reshape(written, [-1])
            ended, states = tf.stack(ended, axis=2), tf.stack(states, axis=2)
            best = tf.argmax(ended, axis=2)
            state = tf.gather(states, best, axis=2, batch_dims=2)
            score = tf.reduce_max(ended, axis=2)
            if self.way == SUM:
                score = tf.reduce_logsumexp(ended, axis=2)
            if counts is not None:
                allowed = tf.one_hot(now["counts"], S + 1)
                score = tf.where(allowed > 0, score, NEVER)
            return score, state

        blocks = {"known": tf.transpose(self.read(x), [1, 0, 2])}
        if counts is not None:
            blocks["counts"] = tf.transpose(counts)
        start = (
            tf.one_hot(tf.zeros(B, tf.int32), S + 1, 0.0, NEVER),
            tf.zeros((B, S + 1, H)),
        )
        score, _ = tf.scan(of_block, blocks, start)
        return tf.gather(score[-1], length, axis=1, batch_dims=1)

    def per_example_losses(self, batch, training):
        """Returns nats of a string, [B]."""
        del training
        counts = batch["counts"] if self.way == KNOWN else None
        log_p = self.log_prob(batch["x"], batch["y"], batch["length"], counts)
        return {"model": -log_p}

    def written(self, x: np.ndarray) -> list[list[tuple[int, int]]]:
        """Returns the likeliest symbols and the block of each, of each x."""
        found = [[] for _ in x]
        state = tf.zeros((len(x), self.units))
        known = self.read(tf.constant(x))
        for b in range(self.blocks):
            before, going = np.full(len(x), END), np.full(len(x), True)
            for i in range(self.most + 1):
                log_p, after = self.write(
                    tf.constant(before), known[:, b], state
                )
                state = tf.where(going[:, None], after, state)
                before = log_p.numpy().argmax(1)
                going &= (before != END) & (i < self.most)
                for row in np.flatnonzero(going):
                    found[row].append((int(before[row]), b))
        return found


def _shift(values, i: int, fill: float):
    """Moves i places along the second axis, [B, S + 1, ...]."""
    paddings = [[0, 0], [i, 0], *[[0, 0]] * (values.shape.rank - 2)]
    return tf.pad(values, paddings, constant_values=fill)[:, : values.shape[1]]


def rows(seed: int, steps: int = STEPS) -> dict[str, dict[str, float]]:
    """Returns the figures of each row.

    Args:
      seed: of everything.
      steps: of each training.
    """
    test = sums(np.random.default_rng(seed), (TESTED,))
    found = {}
    for way in (KNOWN, FOUND, SUM, OFFLINE):
        training.begin(seed)
        model = training.train(Transducer(way), sums, steps, 32, seed)
        found[way] = figures(model.written(test["x"]), test, model.blocks)
    return found


def figures(written, test, blocks: int) -> dict[str, float]:
    """Returns the table's figures.

    Args:
      written: symbols, and the block of each, of each test.
      test: see `sums`.
      blocks: how many, of the network.
    """
    wrong, delays = [], []
    right = (test[name] for name in ("y", "length", "counts"))
    for pairs, y, length, counts in zip(written, *right):
        symbols = [symbol for symbol, _ in pairs]
        wrong.append(distance(symbols, y[:length].tolist()))
        # The block that a symbol is of: how many had ended before it.
        own = [np.sum(counts <= k) for k in range(length)]
        delays += [
            (b + 1) * (BLOCKS // blocks) - (block + 1)
            for (_, b), block in zip(pairs, own)
        ]
    return {
        "symbols": np.sum(wrong) / np.sum(test["length"]),
        "sequences": np.mean(np.array(wrong) > 0),
        "delay": WIDTH * np.mean(delays),
        "aligned": np.mean(np.array(delays) == 0),
    }

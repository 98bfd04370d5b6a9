"""Premise selection: which axioms a proof will need, read off their text.

Alexander Alemi, Francois Chollet, Niklas Een, Geoffrey Irving, Christian
Szegedy, Josef Urban: DeepMath - Deep Sequence Models for Premise Selection.
NIPS 2016. arXiv:1606.04442.

Two networks read a conjecture and an axiom, character by character; a third
one says from both vectors whether the axiom is useful. Of each conjecture, all
axioms are ranked, and what counts is the last one that is needed: its rank, as
a share of all (the average maximum relative rank).

What is claimed: without features made by hand, networks rank better than
methods that compare symbols, and convolutions with a maximum over places rank
as well as recurrent networks, or better.

Here a theory is a set of Horn clauses: `ab>c` says that c follows from a and b.
A conjecture is `acd?k`: does k follow from a, c and d? An axiom is useful if it
is in a minimal proof; all of them are enumerated, where few axioms apply. For
each axiom there is a decoy of the same symbols, another one of which is the
head, so that symbols alone say little. Conjectures of a test have facts that no
learnt one has.

Beside the networks are symbols that are shared with the conjecture; how often
an axiom was useful; and how often to the 20 learnt conjectures that share most
symbols, which is how premises were selected before.

What deviates, and why:
- A theory of 26 letters instead of Mizar's library; definitions, of which the
  paper's second stage learns vectors of words, are not there, and not tried.
- No prover proves anything from the axioms that are selected.
"""

from collections.abc import Iterable

import keras
import numpy as np
import tensorflow as tf

from tfgen.config import OptimizerConfig
from tfgen.experiments import training
from tfgen.experiments.horn import ATOMS, FACTS, conjectures, theory
from tfgen.model import Model, Player
from tfgen.tables.papers import Row, Table

PAPER = "Alemi et al. 2016, arXiv:1606.04442"

LEARNT, TESTED = 2000, 300  # conjectures
NEIGHBOURS = 20
STEPS, UNITS = 2000, 64
CHANCE, SHARED = "chance", "shared symbols"
OFTEN, NEAREST = "useful most often", f"of the {NEIGHBOURS} nearest"
CNN, RNN = "characters, convolutions", "characters, GRU"
TABLE = Table(
    tuple(
        Row(name, None) for name in (CHANCE, SHARED, OFTEN, NEAREST, CNN, RNN)
    ),
    "paper",
    {
        "rank": "rank of the last one needed",
        "first": "conjectures whose needed ones are all first",
    },
)
CLAIMS = {
    f"convolutions rank better than {name}": (
        lambda r, other=other: r[CNN]["rank"] < r[other]["rank"]
    )
    for name, other in {
        "shared symbols": SHARED,
        "what was useful often": OFTEN,
        "what was useful to the nearest": NEAREST,
    }.items()
} | {
    "and no worse than a GRU": lambda r: r[CNN]["rank"] <= r[RNN]["rank"],
}


def worst_ranks(scores: np.ndarray, useful: np.ndarray) -> np.ndarray:
    """Returns the relative rank of the last useful clause, in (0, 1], [N].

    Args:
      scores: [N, clauses], higher is better. Ties count as in the worst order.
      useful: [N, clauses] bool.
    """
    last = np.where(useful, scores, np.inf).min(1, keepdims=True)
    return (scores >= last).mean(1)


def shares(strings: list[str], others: list[str]) -> np.ndarray:
    """Returns symbols in both over symbols in either, of all pairs."""
    a, b = (
        np.array([[atom in s for atom in ATOMS] for s in group], float)
        for group in (strings, others)
    )
    both = a @ b.T
    return both / (a.sum(1)[:, None] + b.sum(1) - both)


class Selector(Model):
    """Says of a conjecture and an axiom whether the axiom is useful."""

    def __init__(self, recurrent: bool, units: int = UNITS):
        super().__init__()
        self.readers = {
            name: self._reader(recurrent, units) for name in ("goal", "axiom")
        }
        self.both = keras.Sequential(
            [
                keras.Input((2 * units,)),
                keras.layers.Dense(2 * units, "relu"),
                keras.layers.Dense(1),
            ]
        )

    def _reader(self, recurrent, units):
        layers = keras.layers
        read = [
            layers.Conv1D(units, 3, padding="same", activation="relu"),
            layers.Conv1D(units, 3, padding="same", activation="relu"),
            layers.GlobalMaxPooling1D(),
        ]
        if recurrent:
            read = [layers.GRU(units, unroll=True)]
        embedding = layers.Embedding(128, units)
        return keras.Sequential([keras.Input((FACTS + 2,)), embedding, *read])

    def players(self):
        """One, of all weights."""
        adam = OptimizerConfig(learning_rate=2e-3, schedule="cosine")
        return {"selector": Player(self.trainable_variables, adam)}

    def logits(self, goal, axiom):
        """Returns the logit of each pair's use, [B].

        Args:
          goal: characters of conjectures, [B, FACTS + 2].
          axiom: of axioms, [B, FACTS + 2].
        """
        vectors = self.readers["goal"](goal), self.readers["axiom"](axiom)
        return self.both(tf.concat(vectors, axis=1))[:, 0]

    def per_example_losses(self, batch, training):
        """Returns the cross-entropy of each pair, [B]."""
        del training
        loss = tf.nn.sigmoid_cross_entropy_with_logits(
            batch["useful"], self.logits(batch["goal"], batch["axiom"])
        )
        return {"selector": loss}


def characters(strings: Iterable) -> np.ndarray:
    """Returns codes, 0 after the end, [N, FACTS + 2] int32."""
    rows = [str(s).ljust(FACTS + 2, "\0").encode() for s in strings]
    return np.array([list(row) for row in rows], np.int32)


def rows(seed: int, steps: int = STEPS) -> dict[str, dict[str, float]]:
    """Returns the figures of each row.

    Args:
      seed: of everything.
      steps: of each training.
    """
    random = np.random.default_rng(seed)
    clauses = theory(random)
    all_of_them = conjectures(random, clauses, LEARNT + TESTED)
    strings = [str(c) for c in all_of_them]
    # Those of the same facts follow one another: at most one set of facts is
    # on both sides, which is left out of the learnt ones.
    border = strings[LEARNT].split("?")[0]
    learnt = [i for i in range(LEARNT) if strings[i].split("?")[0] != border]
    useful = np.array(list(all_of_them.values()))
    known, test_useful = useful[learnt], useful[LEARNT:]
    goals, test = [strings[i] for i in learnt], strings[LEARNT:]
    axioms = [str(clause) for clause in clauses]

    near = shares(test, goals).argsort(1, kind="stable")[:, -NEIGHBOURS:]
    scores = {
        CHANCE: random.random(test_useful.shape),
        SHARED: shares(test, axioms),
        OFTEN: np.tile(known.mean(0), (len(test), 1)),
        NEAREST: known[near].mean(1),
    }
    texts = characters(goals), characters(axioms)
    for name in (CNN, RNN):
        training.begin(seed)
        model = Selector(name == RNN)
        batch = _pairs(*texts, known)
        # XLA makes convolutions slower.
        training.train(model, batch, steps, 256, seed, jit_compile=name == RNN)
        scores[name] = _scores(model, characters(test), texts[1])
    tie = 1e-6 * random.random(test_useful.shape)
    ranks = {n: worst_ranks(s + tie, test_useful) for n, s in scores.items()}
    least = test_useful.mean(1)
    return {
        name: {"rank": rank.mean(), "first": (rank <= least).mean()}
        for name, rank in ranks.items()
    }


def _pairs(goals, axioms, useful):
    """Batches; half of their axioms are useful."""
    sides = [np.argwhere(useful == side) for side in (True, False)]

    def batch(random, shape):
        yes = random.random(shape) < 0.5
        chosen = [side[random.integers(0, len(side), shape)] for side in sides]
        goal, axiom = np.moveaxis(np.where(yes[..., None], *chosen), -1, 0)
        return {
            "goal": goals[goal],
            "axiom": axioms[axiom],
            "useful": yes.astype(np.float32),
        }

    return batch


def _scores(model, goals, axioms):
    """Of all pairs, [goals, axioms]."""
    one = np.repeat(goals, len(axioms), axis=0)
    other = np.tile(axioms, (len(goals), 1))
    logits = tf.function(model.logits)(one, other)
    return logits.numpy().reshape(len(goals), len(axioms))

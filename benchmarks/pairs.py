"""What the libraries of `snli.py` are asked to do: a sentence-pair classifier.

The network is inner attention (Liu et al. 2016, arXiv:1605.09090) in the
paper's sizes: frozen embeddings of 300 numbers, one bidirectional LSTM of 300
units a direction for both sentences, `M = tanh(W_y Y + W_h R_ave)`,
`alpha = softmax(w^T M)`, `R_att = Y alpha`; then `[p; h; p * h; p - h]`, a
projection to 250 with tanh, dropout, softmax over 3 classes. Training is
RMSprop on the cross entropy, 128 pairs a step.

Padding must change nothing: a library packs its sequences or masks.
"""

from collections.abc import Mapping
from types import ModuleType
from typing import NamedTuple

import numpy as np

from benchmarks.bench import Work

FIGURES = {
    "train": ("Training", "pairs/s"),
    "predict": ("Prediction", "pairs/s"),
}
# Name in the tables -> file in `peers`.
LIBRARIES = {"tfgen": "tfgen_inner_attention", "torch": "torch_inner_attention"}

EMBEDDING = 300
UNITS = 300  # of the LSTM, in each direction
PROJECTION = 250
CLASSES = 3
BATCH = 128
LEARNING_RATE = 1e-3
DROPOUT = 0.25
TRAIN_PAIRS = 160 * BATCH
STEPS_PER_CALL = 20  # of the variants that put several steps in one call
WORDS = 36_000  # about as many as SNLI's training split has


class Pairs(NamedTuple):
    """n pairs of sentences, padded with 0 at the end; words begin at 2.

    Attributes:
      premise: [n, T_p] int32.
      hypothesis: [n, T_h] int32.
      premise_length: [n] int32, words.
      hypothesis_length: [n] int32.
      label: [n] int32 in [0, 3).
    """

    premise: np.ndarray
    hypothesis: np.ndarray
    premise_length: np.ndarray
    hypothesis_length: np.ndarray
    label: np.ndarray


class Bench(NamedTuple):
    """One library's answer: each figure in one or more variants.

    Attributes:
      versions: of the packages that matter.
      train: variant -> work in pairs; a call returns the last loss, or all.
      predict: variant -> work in pairs; a call returns the probabilities of
        `queries`, in any order, [n, 3].
    """

    versions: Mapping[str, str]
    train: Mapping[str, Work]
    predict: Mapping[str, Work]


def make_pairs(count: int, seed: int) -> Pairs:
    """Random pairs with the lengths of SNLI.

    A premise has 2 + k words, k from a negative binomial distribution of mean
    12 and standard deviation 6; a hypothesis 2 + k, k of mean 6 and standard
    deviation 3: means of 14 and 8 words, and a long tail. Words follow Zipf's
    law. The label counts the sentences whose first word is a frequent one, so
    that there is something to learn.

    Args:
      count: n.
      seed: of numpy's generator.
    """
    rng = np.random.default_rng(seed)
    premise, premise_length = _sentences(rng, count, 12, 6)
    hypothesis, hypothesis_length = _sentences(rng, count, 6, 3)
    frequent = [side[:, 0] < 100 for side in (premise, hypothesis)]
    label = np.add(*frequent, dtype=np.int32)
    return Pairs(premise, hypothesis, premise_length, hypothesis_length, label)


def _sentences(rng, count, mean, deviation):
    # Of a negative binomial: mean r (1 - p) / p, variance mean / p.
    p = mean / deviation**2
    lengths = 2 + rng.negative_binomial(mean * p / (1 - p), p, count)
    rank = np.arange(1, WORDS - 1)
    share = (1 / rank) / np.sum(1 / rank)
    words = 1 + rng.choice(rank, (count, lengths.max()), p=share)
    inside = np.arange(lengths.max()) < lengths[:, None]
    return np.where(inside, words, 0).astype(np.int32), lengths.astype(np.int32)


def make_embeddings() -> np.ndarray:
    """Returns the frozen embeddings, [WORDS, EMBEDDING] float32."""
    rng = np.random.default_rng(2)
    return 0.3 * rng.standard_normal((WORDS, EMBEDDING), np.float32)


def build(module: ModuleType, queries: int) -> Bench:
    """Asks a library; `queries` pairs are predicted in one call."""
    return module.build(
        make_pairs(TRAIN_PAIRS, seed=0), make_pairs(queries, seed=1)
    )

"""The input strategies of Liu et al. 2016 (arXiv:1605.09090), section 3.3.

Functions of a pair of sentences, as lists of ids. All but one look at one
sentence only; `differentiate` looks at ids, not at words, so that an exported
graph, which has ids alone, can do the same:

- padding (id 0) is not there, for lists; in an array it is removed as well and
  comes back at the end.
- an unknown word (id 1) is never removed: two unknown words need not be equal.
- every other word that occurs in both sentences is removed from both, wherever
  and however often it occurs; the others keep their order.
- a sentence of which nothing is left becomes the one id 1, "unknown". A
  hypothesis all of whose words are in the premise thus looks alike, whatever
  the words were; and no sentence is ever empty.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tfgen.data.nli.encode import EncodedPairs, Sentences
from tfgen.data.nli.vocabulary import PADDING, UNKNOWN

Ids = Sequence[int]
Strategy = Callable[[Ids, Ids], tuple[list[int], list[int]]]


def original(premise: Ids, hypothesis: Ids) -> tuple[list[int], list[int]]:
    """Changes nothing."""
    return list(premise), list(hypothesis)


def invert_premise(
    premise: Ids, hypothesis: Ids
) -> tuple[list[int], list[int]]:
    """Reads the premise backwards (Sutskever et al. 2014)."""
    return list(premise)[::-1], list(hypothesis)


def double_premise(
    premise: Ids, hypothesis: Ids
) -> tuple[list[int], list[int]]:
    """Reads the premise twice (Zaremba & Sutskever 2014)."""
    return [*premise, *premise], list(hypothesis)


def double_hypothesis(
    premise: Ids, hypothesis: Ids
) -> tuple[list[int], list[int]]:
    """Reads the hypothesis twice."""
    return list(premise), [*hypothesis, *hypothesis]


def differentiate(premise: Ids, hypothesis: Ids) -> tuple[list[int], list[int]]:
    """Removes the words that occur in both; see the top of this file."""
    shared = set(premise) & set(hypothesis) - {PADDING, UNKNOWN}
    return (
        [i for i in premise if i not in shared] or [UNKNOWN],
        [i for i in hypothesis if i not in shared] or [UNKNOWN],
    )


# In the order of the paper's Table 2.
STRATEGIES: dict[str, Strategy] = {
    "original": original,
    "invert_premise": invert_premise,
    "double_premise": double_premise,
    "double_hypothesis": double_hypothesis,
    "differentiate": differentiate,
}


def apply_to_pairs(name: str, pairs: EncodedPairs) -> EncodedPairs:
    """Returns pairs after a strategy; `num_cut` and the like stay.

    Args:
      name: one of `STRATEGIES`.
      pairs: as `encode` made them.
    """
    if name == "original":
        return pairs
    strategy = STRATEGIES[name]
    new: tuple[list, list] = ([], [])
    for i in range(len(pairs)):
        both = strategy(pairs.premise[i].tolist(), pairs.hypothesis[i].tolist())
        for side, ids in zip(new, both):
            side.append(np.asarray(ids, np.int32))
    premise, hypothesis = (_joined(side) for side in new)
    return EncodedPairs(
        premise,
        hypothesis,
        pairs.label,
        pairs.num_cut,
        pairs.num_empty,
        pairs.num_unknown,
    )


def _joined(sentences: list[np.ndarray]) -> Sentences:
    offsets = np.zeros(len(sentences) + 1, np.int64)
    np.cumsum([len(s) for s in sentences], out=offsets[1:])
    empty = np.zeros(0, np.int32)
    return Sentences(np.concatenate([empty, *sentences]), offsets)


def apply_in_graph(name, premise, hypothesis):
    """Returns a batch of pairs after a strategy, inside a TensorFlow graph.

    Built-in TFLite ops only; the same numbers as the functions on lists.

    Args:
      name: one of `STRATEGIES`.
      premise: [B, T_p] int32, padded with 0 at the end.
      hypothesis: [B, T_h] int32, likewise.

    Returns:
      `premise` [B, T_p or 2 T_p] int32 and `hypothesis` likewise, padded with 0
      at the end.
    """
    import tensorflow as tf

    def words(x):
        return tf.reduce_sum(tf.cast(x != PADDING, tf.int32), 1)[:, None]

    def pick(x, place):
        # Out-of-range places are those of padding, which `where` overwrites.
        place = tf.clip_by_value(place, 0, tf.maximum(tf.shape(x)[1] - 1, 0))
        return tf.gather(x, place, batch_dims=1)

    def inverted(x):
        n, place = words(x), tf.range(tf.shape(x)[1])[None]
        return tf.where(place < n, pick(x, n - 1 - place), PADDING)

    def doubled(x):
        n, place = words(x), tf.range(2 * tf.shape(x)[1])[None]
        where = tf.where(place < n, place, place - n)
        return tf.where(place < 2 * n, pick(x, where), PADDING)

    def without(x, y):
        same = tf.reduce_any(x[:, :, None] == y[:, None, :], 2)
        keep = (x != PADDING) & ((x == UNKNOWN) | ~same)
        # The j-th word kept goes to place j: one-hot rows, summed.
        target = tf.cumsum(tf.cast(keep, tf.int32), 1) - 1
        place = tf.range(tf.shape(x)[1])
        goes = (target[:, :, None] == place) & keep[:, :, None]
        kept = tf.reduce_sum(tf.where(goes, x[:, :, None], 0), 1)
        first = tf.cast(place == 0, tf.int32)[None] * UNKNOWN
        any_kept = tf.reduce_any(keep, 1, keepdims=True)
        return tf.where(any_kept, kept, first)

    if name == "invert_premise":
        premise = inverted(premise)
    elif name == "double_premise":
        premise = doubled(premise)
    elif name == "double_hypothesis":
        hypothesis = doubled(hypothesis)
    elif name == "differentiate":
        premise, hypothesis = (
            without(premise, hypothesis),
            without(hypothesis, premise),
        )
    return premise, hypothesis

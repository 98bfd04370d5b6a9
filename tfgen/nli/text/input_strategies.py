"""The input strategies of Liu et al. 2016 (arXiv:1605.09090), section 3.3.

In the order of the paper's Table 2:

- `original` changes nothing.
- `invert_premise` reads the premise backwards (Sutskever et al. 2014).
- `double_premise` reads the premise twice (Zaremba & Sutskever 2014).
- `double_hypothesis` reads the hypothesis twice.
- `differentiate` removes every word that occurs in both sentences from both,
  wherever and however often it occurs; the others keep their order.

The last looks at ids, which are all that an exported graph has. Padding (id 0)
is removed as well and comes back at the end. An unknown word (id 1) is never
removed: two unknown words need not be equal. A sentence that loses all words
becomes the single id 1, "unknown", so that no sentence is ever empty. All
hypotheses whose words are in their premises therefore look the same.
"""

from __future__ import annotations

from tfgen.nli.text.vocabulary import PADDING, UNKNOWN


def apply_in_graph(name, premise, hypothesis):
    """Returns a batch of pairs after a strategy, inside a TensorFlow graph.

    Built-in TFLite ops only.

    Args:
      name: see the top of this file.
      premise: [B, T_p] int32, padded with 0 at the end.
      hypothesis: [B, T_h] int32, likewise.

    Returns:
      For each of the two, `ids` [B, T or 2 T] int32, padded with 0 at the end,
      and `place`, of the same shape: the place of each word in the sentence as
      it was; T for padding. (The id 1 of a sentence that lost all words has
      place 0.)
    """
    import tensorflow as tf

    def moved(x, place):
        # Place T is that of padding.
        padded = tf.pad(x, [[0, 0], [0, 1]])
        return tf.gather(padded, place, batch_dims=1), place

    def count(x):
        return tf.reduce_sum(tf.cast(x, tf.int32), 1, keepdims=True)

    def original(x):
        T = tf.shape(x)[1]
        return x, tf.where(x != PADDING, tf.range(T), T)

    def inverted(x):
        n, T = count(x != PADDING), tf.shape(x)[1]
        place = tf.range(T)
        return moved(x, tf.where(place < n, n - 1 - place, T))

    def doubled(x):
        n, T = count(x != PADDING), tf.shape(x)[1]
        place = tf.range(2 * T)
        again = tf.where(place < 2 * n, place - n, T)
        return moved(x, tf.where(place < n, place, again))

    def without(x, y):
        # `x[:, :, None]` is not a built-in op of TFLite.
        same = tf.reduce_any(tf.expand_dims(x, 2) == tf.expand_dims(y, 1), 2)
        keep = (x != PADDING) & ((x == UNKNOWN) | ~same)
        # The j-th word kept goes to place j: one-hot rows, summed.
        target = tf.cumsum(tf.cast(keep, tf.int32), 1) - 1
        T = tf.shape(x)[1]
        place = tf.range(T)
        goes = tf.expand_dims(target, 2) == place
        goes &= tf.expand_dims(keep, 2)
        origin = tf.reduce_sum(tf.where(goes, place[:, None], 0), 1)
        n = count(keep)
        ids, origin = moved(x, tf.where(place < tf.maximum(n, 1), origin, T))
        return tf.where((n == 0) & (place == 0), UNKNOWN, ids), origin

    if name == "differentiate":
        return without(premise, hypothesis), without(hypothesis, premise)
    changes = {
        "invert_premise": (inverted, original),
        "double_premise": (doubled, original),
        "double_hypothesis": (original, doubled),
    }
    of_premise, of_hypothesis = changes.get(name, (original, original))
    return of_premise(premise), of_hypothesis(hypothesis)


def weights_of_words(weights, place, sentence):
    """Returns weights for the words as they were before a strategy.

    Args:
      weights: [B, T'] float, of the words after it.
      place: [B, T'] int32, see `apply_in_graph`.
      sentence: [B, T] int32, before it.

    Returns:
      [B, T] float32: a word's weights, added up; 0 if it was removed.
    """
    import tensorflow as tf

    # Not `tf.one_hot`: quantized to 8 bits, it comes out wrong.
    where = tf.expand_dims(place, 2) == tf.range(tf.shape(sentence)[1])
    where, weights = tf.cast(where, tf.float32), tf.cast(weights, tf.float32)
    return tf.linalg.matvec(where, weights, transpose_a=True)

"""From text to ids inside a TensorFlow graph; see `tfgen.nli.encode`."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tfgen.nli.text.graph_tokenizer import tokenize_in_graph
from tfgen.nli.text.vocabulary import SPECIAL, UNKNOWN, Vocabulary


class GraphEncoder:
    """Text to words and ids, the same as those of training.

    The vocabulary is two constants: hashes in order, and the words themselves.
    A lookup table would be simpler, but it is a resource: whoever loads the
    graph must initialize it, and TFLite's converter cannot skip it.
    """

    def __init__(self, vocabulary: Vocabulary, lower: bool, max_length: int):
        """Makes the constants.

        Args:
          vocabulary: ids of words.
          lower: make A to Z lower case.
          max_length: longer sentences lose their ends; 0 keeps all.

        Raises:
          ValueError: two words have one hash; 100,000 words do with a
            probability of 1e-9.
        """
        self._lower, self._max_length = lower, max_length
        tokens = tf.constant(vocabulary.tokens)
        hashes = _hash(tokens).numpy()
        order = np.argsort(hashes)
        if len(np.unique(hashes)) < len(hashes):
            raise ValueError("two words of the vocabulary have the same hash")
        self._hashes = tf.constant(hashes[order])
        self._tokens = tf.gather(tokens, order)
        self._ids = tf.constant(order, tf.int32)

    def __call__(self, text: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns words and ids.

        Args:
          text: [B] string, UTF-8.

        Returns:
          [B, T] string, padded with "", and [B, T] int32, padded with 0. A
          text without words is the one word "<unk>".
        """
        words = tokenize_in_graph(text, self._lower)
        if self._max_length:
            words = words[:, : self._max_length]
        empty = tf.cast(words.row_lengths() == 0, tf.int64)
        unknown = tf.fill([tf.reduce_sum(empty)], SPECIAL[UNKNOWN])
        words = tf.concat(
            [words, tf.RaggedTensor.from_row_lengths(unknown, empty)], axis=1
        )
        ids = tf.ragged.map_flat_values(self._look_up, words)
        return words.to_tensor(), ids.to_tensor()

    def _look_up(self, words):
        place = tf.searchsorted(self._hashes, _hash(words))
        place = tf.minimum(place, len(self._hashes) - 1)
        known = tf.gather(self._tokens, place) == words
        # Text that spells a special token is an unknown word like others.
        ids = tf.maximum(tf.gather(self._ids, place), UNKNOWN)
        return tf.where(known, ids, UNKNOWN)


def _hash(words):
    """[n] int64; the same in every version of TensorFlow."""
    return tf.strings.to_hash_bucket_fast(words, np.iinfo(np.int64).max)

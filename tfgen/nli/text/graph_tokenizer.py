"""The tokenizer inside a TensorFlow graph; see `tokenizer`."""

from __future__ import annotations

import tensorflow as tf

from tfgen.nli.text import tokenizer


def tokenize_in_graph(
    strings: tf.Tensor, lower: bool = True
) -> tf.RaggedTensor:
    """Returns the words of texts, the same as `tokenizer.tokenize`.

    Args:
      strings: [B] string, UTF-8; what is not UTF-8 becomes U+FFFD.
      lower: make A to Z lower case.

    Returns:
      [B, (words)] string.
    """
    # Its default for what is not UTF-8 is U+FFFD.
    line = tf.strings.unicode_transcode(strings, "UTF-8", "UTF-8")
    line = tf.strings.join([" ", line, " "])
    for pattern, replacement in tokenizer.RULES:
        line = tf.strings.regex_replace(line, pattern, replacement)
    if lower:
        line = tf.strings.lower(line)  # bytes: A to Z alone
    # Not at " ": that would return an empty word between two spaces. No other
    # white space of ASCII is left.
    return tf.strings.split(line)

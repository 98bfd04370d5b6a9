"""Signatures of classifiers of sentence pairs, of text and of ids."""

from __future__ import annotations

import json
import pathlib
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from tfgen.config import DataSpec
from tfgen.nli.text import tokenizer
from tfgen.nli.text.graph_encoder import GraphEncoder
from tfgen.nli.text.vocabulary import UNKNOWN, Vocabulary, vocabulary_size

if TYPE_CHECKING:
    from tfgen.model import Model

_EXAMPLE_WORDS = 12  # of the longest sentence of `example_inputs`


def signatures(model: Model) -> dict[str, tuple]:
    """Returns name -> the fields of a `tfgen.capabilities.Signature`.

    `classify`: `premise` and `hypothesis` [B] string, UTF-8 ->

    - `label` [B] int32 and `label_name` [B] string, the most probable;
    - `probabilities` [B, classes];
    - `premise_tokens` [B, T_p] and `hypothesis_tokens` [B, T_h] string, the
      words, padded with "";
    - `premise_attention` [B, T_p] and `hypothesis_attention` [B, T_h], their
      weights; those of padding are 0.

    `classify_ids`: `premise_ids` [B, T_p] and `hypothesis_ids` [B, T_h] int32,
    padded with 0 -> `probabilities` and both attentions. (No label: quantized
    weights may break a tie in another way.)

    `encode`: `sentence` [B] string, and `encode_ids`: `sentence_ids` [B, T] ->
    `vector` [B, D].

    Args:
      model: can `classify` and may `encode`; both take ids, and `lite`.
    """
    spec = model.spec
    vocabulary = Vocabulary(spec.vocabulary)
    to_ids = GraphEncoder(vocabulary, spec.lower, spec.max_length)
    names = tf.constant(spec.labels)

    def classify(premise, hypothesis):
        premise_tokens, p = to_ids(premise)
        hypothesis_tokens, h = to_ids(hypothesis)
        outputs = model.classify(p, h)
        return {
            **outputs,
            "label_name": tf.gather(names, outputs["label"]),
            "premise_tokens": premise_tokens,
            "hypothesis_tokens": hypothesis_tokens,
        }

    def classify_ids(premise_ids, hypothesis_ids):
        outputs = model.classify(premise_ids, hypothesis_ids, lite=True)
        return {n: v for n, v in outputs.items() if n != "label"}

    def encode(sentence):
        return {"vector": model.encode(to_ids(sentence)[1])}

    def encode_ids(sentence_ids):
        return {"vector": model.encode(sentence_ids, lite=True)}

    def of_text(function, *inputs):
        specs = [tf.TensorSpec([None], tf.string, name) for name in inputs]
        return function, specs, False

    def of_ids(function, *inputs):
        specs = [tf.TensorSpec([None, None], tf.int32, n) for n in inputs]
        return function, specs, True

    found = {
        "classify": of_text(classify, "premise", "hypothesis"),
        "classify_ids": of_ids(classify_ids, "premise_ids", "hypothesis_ids"),
    }
    if model.can("encode"):
        found["encode"] = of_text(encode, "sentence")
        found["encode_ids"] = of_ids(encode_ids, "sentence_ids")
    return found


def example_inputs(spec: DataSpec, n: int, seed: int) -> dict[str, np.ndarray]:
    """Returns n rows of the inputs of `signatures`.

    Args:
      spec: words and labels.
      n: number of rows.
      seed: of all words.
    """
    random = np.random.default_rng(seed)
    T = _EXAMPLE_WORDS
    # Some are not in the vocabulary, some are no words; "" may end a text.
    odd = ["zyzzyva", "Don't", "“so”", "🐕", "שלום", "\n", "12.5.", ""]
    known = random.choice(spec.vocabulary, 2 * len(odd))
    words = np.concatenate([known, odd])

    def texts():
        lengths = random.integers(0, T + 1, n)
        rows = [" ".join(random.choice(words, length)) for length in lengths]
        return np.array([row.encode() for row in rows])

    def ids():
        rows = random.integers(UNKNOWN, vocabulary_size(spec), (n, T))
        rows *= np.arange(T) < random.integers(1, T + 1, (n, 1))
        return rows.astype(np.int32)

    names = "premise", "hypothesis", "sentence"
    return {name: texts() for name in names} | {
        f"{name}_ids": ids() for name in names
    }


def assets(spec: DataSpec) -> dict[str, bytes]:
    """Returns files that make ids of text, and name labels, without TensorFlow.

    Args:
      spec: words and labels.
    """
    settings = {
        "lower": spec.lower,
        "max_length": spec.max_length,
        # Phones apply them one after the other, and split at spaces.
        "rules": tokenizer.portable_rules(),
    }
    return {
        "vocabulary.txt": Vocabulary(spec.vocabulary).text().encode(),
        "labels.txt": "".join(f"{n}\n" for n in spec.labels).encode(),
        "tokenizer.json": json.dumps(settings).encode(),
        "tokenizer.py": pathlib.Path(tokenizer.__file__).read_bytes(),
    }

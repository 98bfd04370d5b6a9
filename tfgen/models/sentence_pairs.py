"""What classifiers of sentence pairs share.

Sentences are ids [B, T], padded with 0 at the end.
"""

import json
import pathlib

import keras
import numpy as np
import tensorflow as tf

from tfgen.config import DataSpec, TrainConfig
from tfgen.models.contract import Signature
from tfgen.nli.settings import NliDataConfig
from tfgen.nli.text import tokenizer
from tfgen.nli.text.graph_encoder import GraphEncoder
from tfgen.nli.text.vocabulary import SPECIAL, UNKNOWN, Vocabulary

# What all of them are trained on, so that a table compares models alone.
GRAMMAR = NliDataConfig(num_pairs=100_000)
GRAMMAR_TRAIN = TrainConfig(
    steps=3_500, batch_size=128, evaluate_every=500, log_every=100
)
SNLI = NliDataConfig("tfds:snli")
SNLI_TRAIN = TrainConfig(
    steps=43_000,  # ten epochs
    batch_size=128,
    # At these sizes a call costs nothing, and steps that share one are padded
    # to the longest sentence of all.
    steps_per_call=1,
    evaluate_every=2_000,
    checkpoint_every=2_000,
)

_EXAMPLE_WORDS = 12  # of the longest sentence of `example_inputs`


def vocabulary_size(spec: DataSpec) -> int:
    """Returns V, padding and the unknown word included."""
    return len(SPECIAL) + len(spec.vocabulary)


def add_embedding(
    model: keras.Model, width: int, trainable: bool, spec: DataSpec
) -> keras.Variable:
    """Returns a new table of word vectors [V, width] of a model."""
    return model.add_weight(
        shape=(vocabulary_size(spec), width),
        # As wide as GloVe's vectors, which stand here for a training that does
        # not train them.
        initializer=keras.initializers.RandomNormal(stddev=0.4),
        trainable=trainable,
        autocast=False,
        name="embedding",
    )


def cross_entropy(logits: tf.Tensor, label: tf.Tensor) -> tf.Tensor:
    """Returns `-log p(label)` [B], in nats."""
    return tf.nn.sparse_softmax_cross_entropy_with_logits(label, logits)


def metrics(logits: tf.Tensor, label: tf.Tensor) -> dict[str, tf.Tensor]:
    """Returns the cross entropy [B] and whether the label is right [B]."""
    hits = tf.cast(most_probable(logits)["label"] == label, tf.float32)
    return {"cross_entropy": cross_entropy(logits, label), "accuracy": hits}


def most_probable(logits: tf.Tensor) -> dict[str, tf.Tensor]:
    """Returns `label` [B] int32 and `probabilities` [B, classes]."""
    return {
        "label": tf.argmax(logits, axis=1, output_type=tf.int32),
        "probabilities": tf.nn.softmax(logits),
    }


def signatures(model: keras.Model) -> dict[str, Signature]:
    """Returns `classify` and `classify_ids`; `encode`, too, if the model can.

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
      model: has `spec` and `classify`, and may have `encode`; both take ids,
        and `lite`.
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
        return Signature(function, specs, on_device=False)

    def of_ids(function, *inputs):
        specs = [tf.TensorSpec([None, None], tf.int32, n) for n in inputs]
        return Signature(function, specs)

    found = {
        "classify": of_text(classify, "premise", "hypothesis"),
        "classify_ids": of_ids(classify_ids, "premise_ids", "hypothesis_ids"),
    }
    if hasattr(model, "encode"):
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
    """Returns what makes ids of text, and names of labels, without TensorFlow.

    Args:
      spec: words and labels.
    """
    settings = {"lower": spec.lower, "max_length": spec.max_length}
    return {
        "vocabulary.txt": Vocabulary(spec.vocabulary).text().encode(),
        "labels.txt": "".join(f"{n}\n" for n in spec.labels).encode(),
        "tokenizer.json": json.dumps(settings).encode(),
        "tokenizer.py": pathlib.Path(tokenizer.__file__).read_bytes(),
    }

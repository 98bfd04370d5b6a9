"""What classifiers of sentence pairs share.

Sentences are ids [B, T], padded with 0 at the end.
"""

from collections.abc import Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf

from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.models.contract import Signature
from tfgen.text.vocabulary import SPECIAL, UNKNOWN

_EXAMPLE_WORDS = 12  # of the longest sentence of `example_inputs`


def check(config, at_least_1: Sequence[str]) -> None:
    """Raises `UserError` for sizes below 1 and for a bad dropout."""
    for name in at_least_1:
        if (value := getattr(config, name)) < 1:
            raise UserError(
                f"--set network.{name}={value}: expected at least 1."
            )
    if not 0 <= config.dropout < 1:
        raise UserError(
            f"--set network.dropout={config.dropout}: expected 0 <= dropout"
            " < 1."
        )


def vocabulary_size(spec: DataSpec) -> int:
    """Returns V, padding and the unknown word included."""
    return len(SPECIAL) + len(spec.words.split())


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


def signatures(
    model: keras.Model, on_device: bool = True
) -> dict[str, Signature]:
    """Returns classification of ids and, if it has some, sentence vectors.

    Args:
      model: its methods take `lite`.
      on_device: whether TFLite's built-in operators are enough.
    """

    def ids(name):
        return tf.TensorSpec([None, None], tf.int32, name)

    found = {
        "classify_ids": Signature(
            lambda *pair: model.classify(*pair, lite=True),
            [ids("premise"), ids("hypothesis")],
            on_device,
        )
    }
    if hasattr(model, "encode"):
        found["encode_ids"] = Signature(
            lambda sentence: {"vector": model.encode(sentence, lite=True)},
            [ids("sentence")],
            on_device,
        )
    return found


def example_inputs(
    spec: DataSpec, n: int, seed: int
) -> Mapping[str, np.ndarray]:
    """Returns n sentences of random words for each input of `signatures`."""
    random = np.random.default_rng(seed)
    T = _EXAMPLE_WORDS

    def sentences():
        ids = random.integers(UNKNOWN, vocabulary_size(spec), (n, T))
        length = random.integers(1, T + 1, n)
        return np.where(np.arange(T) < length[:, None], ids, 0).astype(np.int32)

    return {name: sentences() for name in ("premise", "hypothesis", "sentence")}

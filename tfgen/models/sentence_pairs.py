"""What classifiers of sentence pairs share.

Sentences are ids [B, T], padded with 0 at the end.
"""

import keras
import tensorflow as tf

from tfgen.config import DataSpec, TrainConfig
from tfgen.losses.classification import cross_entropy, most_probable
from tfgen.model import Model
from tfgen.nli.settings import NliDataConfig
from tfgen.nli.text.vocabulary import vocabulary_size

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


def add_embedding(
    model: Model, width: int, trainable: bool, spec: DataSpec
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


def metrics(logits: tf.Tensor, label: tf.Tensor) -> dict[str, tf.Tensor]:
    """Returns the cross entropy [B] and whether the label is right [B]."""
    hits = tf.cast(most_probable(logits)["label"] == label, tf.float32)
    return {"cross_entropy": cross_entropy(logits, label), "accuracy": hits}

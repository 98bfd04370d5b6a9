"""What classifiers of sentence pairs share.

Sentences are ids [B, T] int32, padded with 0 at the end.
`classify(premise, hypothesis, lite)` returns `label` [B] int32, the most
probable, and `probabilities` [B, K]; some also say which words they look at.
`encode(sentence, lite)` returns vectors [B, D]. With `lite`, both keep to
TFLite's built-in operators.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import keras
import tensorflow as tf

from tfgen.config import (
    TINY_TRAIN,
    DataSpec,
    OptimizerConfig,
    Preset,
    TrainConfig,
)
from tfgen.losses.classification import cross_entropy, most_probable
from tfgen.model import Model
from tfgen.models import by_size
from tfgen.nli.settings import NliDataConfig
from tfgen.nli.text.vocabulary import vocabulary_size

# The data and training of all of them, so that a table compares models alone.
GRAMMAR = (
    NliDataConfig(num_pairs=100_000),
    TrainConfig(steps=3_500, batch_size=128, evaluate_every=500, log_every=100),
)
SNLI = (
    NliDataConfig("tfds:snli"),
    TrainConfig(
        steps=43_000,  # ten epochs
        batch_size=128,
        # At these sizes a call costs nothing, and steps that share one are
        # padded to the longest sentence of all.
        steps_per_call=1,
        evaluate_every=2_000,
        checkpoint_every=2_000,
    ),
)
TINY = (NliDataConfig(num_pairs=100), TINY_TRAIN)


def grammar_preset(config: Callable[..., Any]) -> Preset:
    """Returns a baseline's settings for the grammar, which has no GloVe.

    Args:
      config: the model's `Config`.
    """
    adam = OptimizerConfig(
        learning_rate=0.004, schedule="cosine", clip_norm=1.0
    )
    network = config(
        embedding=64, train_embeddings=True, dropout=0.0, optimizer=adam
    )
    return Preset(network, *GRAMMAR)


def auto(
    presets: Mapping[str, Preset],
    spec: DataSpec,
    examples: int,
    data: NliDataConfig,
) -> Preset:
    """Returns settings for data without a preset.

    The paper's sizes if there are word vectors to start from; else those for
    the grammar, which trains them, with the paper's dropout: pairs are few.

    Args:
      presets: of the model, `snli` and `grammar` among them.
      spec: of the data; not used.
      examples: to train on.
      data: settings.
    """
    del spec
    like = presets["snli" if data.glove else "grammar"]
    calls = like.train.steps_per_call
    train = by_size.training(
        examples, 10, 128, 500, 43_000, steps_per_call=calls
    )
    network = dataclasses.replace(like.network, dropout=0.25)
    return Preset(network, data, train)


def add_embedding(model: Model) -> keras.Variable:
    """Returns a new table of word vectors [V, config.embedding] of a model."""
    width = model.config.embedding
    return model.add_weight(
        shape=(vocabulary_size(model.spec), width),
        # As large as the numbers in GloVe's vectors, which replace these in a
        # run that does not train them.
        initializer=keras.initializers.RandomNormal(stddev=0.4),
        trainable=model.config.train_embeddings,
        autocast=False,
        name="embedding",
    )


def softmax_layer(model: Model) -> keras.layers.Dense:
    """Returns a new layer of logits, float32 under mixed precision too."""
    return keras.layers.Dense(
        model.spec.num_classes, dtype=model.variable_dtype
    )


# What follows are methods of the models. Their `call` returns `logits` [B, K]
# and perhaps attention, a dict.


def _logits(model, batch, training):
    outputs = model(batch["premise"], batch["hypothesis"], training=training)
    return outputs["logits"]


def per_example_losses(self: Model, batch, training=True):
    """Returns the cross entropy of the labels [B], in nats."""
    logits = _logits(self, batch, training)
    return {self.player: cross_entropy(logits, batch["label"])}


def per_example_metrics(self: Model, batch):
    """Returns the cross entropy [B] and whether the label is right [B]."""
    logits, label = _logits(self, batch, False), batch["label"]
    hits = tf.cast(most_probable(logits)["label"] == label, tf.float32)
    return {"cross_entropy": cross_entropy(logits, label), "accuracy": hits}


def classify(self: Model, premise, hypothesis, lite=False):
    """Returns labels of pairs, see above, and attention if there is any."""
    attention = self(premise, hypothesis, lite=lite)
    return {**most_probable(attention.pop("logits")), **attention}

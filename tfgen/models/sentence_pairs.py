"""What classifiers of sentence pairs share.

Sentences are ids [B, T] int32, padded with 0 at the end.
`classify(premise, hypothesis, lite)` returns `label` [B] int32, the most
probable, and `probabilities` [B, K]; some also say which words they look at.
`encode(sentence, lite)` returns vectors [B, D]. With `lite`, both keep to
TFLite's built-in operators.
"""

import dataclasses
from collections.abc import Mapping

import keras
import tensorflow as tf

from tfgen.config import DataSpec, OptimizerConfig, Preset, TrainConfig
from tfgen.losses.classification import cross_entropy, most_probable
from tfgen.model import Model
from tfgen.models import by_size
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


def grammar_preset(config: type) -> Preset:
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
    return Preset(network, GRAMMAR, GRAMMAR_TRAIN)


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
    if data.glove:
        network, calls = presets["snli"].network, SNLI_TRAIN.steps_per_call
    else:
        network = dataclasses.replace(presets["grammar"].network, dropout=0.25)
        calls = GRAMMAR_TRAIN.steps_per_call
    train = by_size.training(
        examples, 10, 128, 500, 43_000, steps_per_call=calls
    )
    return Preset(network, data, train)


def add_embedding(model: Model) -> keras.Variable:
    """Returns a new table of word vectors [V, config.embedding] of a model."""
    width = model.config.embedding
    return model.add_weight(
        shape=(vocabulary_size(model.spec), width),
        # As wide as GloVe's vectors, which stand here for a training that does
        # not train them.
        initializer=keras.initializers.RandomNormal(stddev=0.4),
        trainable=model.config.train_embeddings,
        autocast=False,
        name="embedding",
    )


def metrics(logits: tf.Tensor, label: tf.Tensor) -> dict[str, tf.Tensor]:
    """Returns the cross entropy [B] and whether the label is right [B]."""
    hits = tf.cast(most_probable(logits)["label"] == label, tf.float32)
    return {"cross_entropy": cross_entropy(logits, label), "accuracy": hits}

"""LSTM and GRU sentence encoders, the baselines of inner attention.

Samuel Bowman, Gabor Angeli, Christopher Potts, Christopher Manning: A large
annotated corpus for learning natural language inference. EMNLP 2015.
arXiv:1508.05326, section 3.3.

Each word vector goes through a tanh layer, the last state of a recurrent
network is the vector of the sentence, and both vectors, side by side, go
through three tanh layers to the softmax. The same with gated recurrent units
instead of the LSTM is the encoder of Vendrov et al. 2016 (arXiv:1511.06361).
An LSTM may integrate words and states by products (`tfgen/nn/lstm.py`; Wu et
al. 2016, arXiv:1606.06630).

What deviates, and why:
- Liu et al. 2016 list 3.0 and 15 million parameters, without the sizes of all
  layers; the sizes here are those of Bowman et al.
- No skip-thought vectors: the GRU starts from random weights. And no
  difference of the sentence vectors beside them, which the row has ("cat, -").
- Dropout on the sentence vectors and RMSprop as in Liu et al., so that rows of
  one table differ in the model alone; Bowman et al. use AdaDelta.
"""

import dataclasses
import functools
from typing import Literal

import keras
import tensorflow as tf

from tfgen.bounds import Count, CountOrNone, Share
from tfgen.config import DataSpec, OptimizerConfig, Preset
from tfgen.model import Model
from tfgen.models import sentence_pairs
from tfgen.nli.text.vocabulary import PADDING, UNKNOWN
from tfgen.nn import LSTM, distinct_words, gru_lite, lookup

PAPER = "Bowman et al. 2015, arXiv:1508.05326"

# B batch, T words of a sentence, H units.


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the defaults are the paper's."""

    embedding: Count = 300  # width of the word vectors
    train_embeddings: bool = False  # needs data.glove if false
    cell: Literal["lstm", "gru", "mi_lstm"] = "lstm"
    # H; words are projected to as many. 0: as in Liu et al.'s table 3, 100 of
    # an LSTM and 1024 of a GRU.
    units: CountOrNone = 0
    layers: Count = 3  # after the encoders
    width: Count = 200  # of each of them
    dropout: Share = 0.25
    optimizer: OptimizerConfig = OptimizerConfig("rmsprop", beta_2=0.9)


class SentenceEncoder(Model):
    """A classifier of sentence pairs, given as ids [B, T] padded with 0."""

    dynamic_shapes = True  # sentences are packed

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        self.embedding = sentence_pairs.add_embedding(self)
        units = config.units or (1024 if config.cell == "gru" else 100)
        self.words = keras.layers.Dense(units, "tanh")
        if config.cell == "gru":
            self.reader = keras.layers.GRU(units, return_sequences=True)
        else:
            multiplicative = config.cell == "mi_lstm"
            self.reader = LSTM(units, multiplicative=multiplicative)
        self.dropout = keras.layers.Dropout(config.dropout)
        self.hidden = [
            keras.layers.Dense(config.width, "tanh")
            for _ in range(config.layers)
        ]
        self.out = sentence_pairs.softmax_layer(self)
        self(*[tf.fill((1, 1), UNKNOWN)] * 2)

    def encode(self, sentence: tf.Tensor, lite: bool = False) -> tf.Tensor:
        """Returns the vectors [B, H] of sentences [B, T] int32."""
        is_word = tf.cast(sentence != PADDING, tf.int32)
        length = tf.reduce_sum(is_word, axis=1)
        words, place = distinct_words(sentence, lite)
        words = self.words(lookup(tf.convert_to_tensor(self.embedding), words))
        if self.config.cell == "gru":
            x = lookup(words, place)
            states = gru_lite(self.reader, x) if lite else self.reader(x)
        else:
            states = self.reader(words, place, length, lite=lite)
        # Not `tf.one_hot`: quantized to 8 bits, it comes out wrong.
        last = tf.expand_dims(length, 1) - 1 == tf.range(tf.shape(place)[1])
        states = tf.cast(states, self.dtype)
        return tf.linalg.matvec(
            states, tf.cast(last, self.dtype), transpose_a=True
        )

    def call(self, premise, hypothesis, training=False, lite=False):
        """Returns logits [B, classes]."""
        both = [self.encode(s, lite) for s in (premise, hypothesis)]
        h = self.dropout(tf.concat(both, axis=1), training=training)
        for dense in self.hidden:
            h = dense(h)
        return {"logits": self.out(h)}

    # The contract.

    player = "classifier"
    per_example_losses = sentence_pairs.per_example_losses
    per_example_metrics = sentence_pairs.per_example_metrics
    classify = sentence_pairs.classify


# On the grammar all cells are as wide as in its other rows.
_of_100 = functools.partial(Config, units=100)

PRESETS = {
    "grammar": sentence_pairs.grammar_preset(_of_100),
    # Liu et al. 2016, table 3: 80.6 %; with GRUs of 1024 units, 81.4 %.
    "snli": Preset(Config(), *sentence_pairs.SNLI),
    "snli_gru": Preset(Config(cell="gru"), *sentence_pairs.SNLI),
    "tiny": Preset(
        Config(
            embedding=6,
            train_embeddings=True,
            units=5,
            layers=1,
            width=4,
            dropout=0.0,
        ),
        *sentence_pairs.TINY,
    ),
}

auto = functools.partial(sentence_pairs.auto, PRESETS)

"""Bidirectional LSTM with inner attention.

Yang Liu, Chengjie Sun, Lei Lin, Xiaolong Wang: Learning Natural Language
Inference using Bidirectional LSTM model and Inner-Attention. 2016.
arXiv:1605.09090.

Two sentences go through one encoder. Y are the states of its LSTMs, and

    R_ave = mean of Y over words                                (basic model)
    M = tanh(W_y Y + W_h R_ave (x) e_L)
    alpha = softmax(w^T M);  R_att = Y alpha^T                  (section 2.1)

The vectors of both sentences, their product and their difference are projected
and classified (section 2.2).

What deviates, and why:
- The width of the projection and its tanh are not in the paper: 250 makes its
  counts of parameters, 2.0 and 2.8 million.
- Neither is the learning rate; 0.001 is Keras's for RMSprop.
- Words are in lower case, of which the paper says nothing. GloVe 840B has
  vectors of cased words, too: `data.lower=false` looks these up.
- Without word vectors of GloVe the embeddings are trained (`grammar`).
"""

import dataclasses
import functools
from typing import Literal

import keras
import tensorflow as tf

from tfgen.bounds import Count, Share
from tfgen.config import DataSpec, OptimizerConfig, Preset
from tfgen.model import Model
from tfgen.models import sentence_pairs
from tfgen.nli.text.input_strategies import apply_in_graph, weights_of_words
from tfgen.nli.text.vocabulary import PADDING, UNKNOWN
from tfgen.nn import LSTM, distinct_words, lookup, masked_mean, masked_softmax

PAPER = "Liu et al. 2016, arXiv:1605.09090"

# B batch, T words of a sentence, H units, V words of the vocabulary.


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the defaults are the paper's."""

    embedding: Count = 300  # width of the word vectors, section 3.2
    train_embeddings: bool = False  # section 3.2; needs data.glove if false
    units: Count = 300  # H, of each direction
    # With products: Wu et al. 2016, arXiv:1606.06630; see `tfgen/nn/lstm.py`.
    cell: Literal["lstm", "mi_lstm"] = "lstm"
    attention: bool = True  # else the basic model: mean pooling
    projection: Count = 250  # width of the non-linear projection; ours
    dropout: Share = 0.25  # before the softmax, section 3.2
    # Table 2; what each does is in tfgen/nli/text/input_strategies.py.
    inputs: Literal[
        "original",
        "invert_premise",
        "double_premise",
        "double_hypothesis",
        "differentiate",
    ] = "original"
    optimizer: OptimizerConfig = OptimizerConfig("rmsprop", beta_2=0.9)


class InnerAttention(Model):
    """A classifier of sentence pairs, given as ids [B, T] padded with 0."""

    dynamic_shapes = True  # sentences are packed

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        self.embedding = sentence_pairs.add_embedding(self)
        self.lstm = LSTM(
            config.units,
            bidirectional=True,
            multiplicative=config.cell == "mi_lstm",
        )
        if config.attention:
            width = 2 * config.units
            self.W_y = keras.layers.Dense(width, use_bias=False, name="W_y")
            self.W_h = keras.layers.Dense(width, use_bias=False, name="W_h")
            self.w = keras.layers.Dense(1, use_bias=False, name="w")
        self.projection = keras.layers.Dense(config.projection, "tanh")
        self.dropout = keras.layers.Dropout(config.dropout)
        self.out = sentence_pairs.softmax_layer(self)
        self(*[tf.fill((1, 1), UNKNOWN)] * 2)

    # Section 2.1.

    def _encode(self, ids, lite=False):
        """The sentence vector [B, 2H] and the weights of the words [B, T]."""
        mask = tf.cast(ids != PADDING, tf.int32)
        length = tf.reduce_sum(mask, axis=1)
        words, place = distinct_words(ids, lite)
        words = lookup(tf.convert_to_tensor(self.embedding), words)
        Y = self.lstm(words, place, length, lite=lite)
        R_ave = masked_mean(Y, mask)
        if not self.config.attention:
            return R_ave, masked_softmax(tf.zeros_like(Y[:, :, 0]), mask)
        M = tf.tanh(self.W_y(Y) + self.W_h(R_ave)[:, None])
        alpha = masked_softmax(self.w(M)[:, :, 0], mask)
        return tf.linalg.matvec(Y, alpha, transpose_a=True), alpha

    # Section 2.2.

    def call(self, premise, hypothesis, training=False, lite=False):
        """Returns logits [B, classes] and the attention of both sentences.

        `premise_attention` [B, T_p] and `hypothesis_attention` [B, T_h] are the
        weights of the words as given, which sum to 1.
        """
        (p, p_place), (h, h_place) = apply_in_graph(
            self.config.inputs, premise, hypothesis
        )
        p, alpha_p = self._encode(p, lite)
        h, alpha_h = self._encode(h, lite)
        matching = tf.concat([p, h, p * h, p - h], axis=1)
        projected = self.projection(matching)
        return {
            "logits": self.out(self.dropout(projected, training=training)),
            "premise_attention": weights_of_words(alpha_p, p_place, premise),
            "hypothesis_attention": weights_of_words(
                alpha_h, h_place, hypothesis
            ),
        }

    def encode(self, sentence: tf.Tensor, lite: bool = False) -> tf.Tensor:
        """Returns the vectors [B, 2H] of sentences [B, T] int32."""
        return tf.cast(self._encode(sentence, lite)[0], self.dtype)

    # The contract.

    player = "classifier"
    per_example_losses = sentence_pairs.per_example_losses
    per_example_metrics = sentence_pairs.per_example_metrics
    classify = sentence_pairs.classify


PRESETS = {
    # Adam and its schedule make the most of few steps; the paper has neither.
    "grammar": Preset(
        Config(
            embedding=64,
            train_embeddings=True,
            units=64,
            projection=256,
            dropout=0.0,
            inputs="differentiate",  # with inner attention, the paper's best
            optimizer=OptimizerConfig(
                learning_rate=0.008, schedule="cosine", clip_norm=1.0
            ),
        ),
        *sentence_pairs.GRAMMAR,
    ),
    # Table 3: 84.2 % with inner attention, 83.3 % without.
    "snli": Preset(Config(), *sentence_pairs.SNLI),
    "snli_mean": Preset(Config(attention=False), *sentence_pairs.SNLI),
    "tiny": Preset(
        Config(
            embedding=6,
            train_embeddings=True,
            units=5,
            projection=4,
            dropout=0.0,
            inputs="double_hypothesis",
        ),
        *sentence_pairs.TINY,
    ),
}

auto = functools.partial(sentence_pairs.auto, PRESETS)

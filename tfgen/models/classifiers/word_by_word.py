"""Attention over the premise, once or for each word of the hypothesis.

Tim Rocktäschel, Edward Grefenstette, Karl Moritz Hermann, Tomáš Kočiský, Phil
Blunsom: Reasoning about Entailment with Neural Attention. ICLR 2016.
arXiv:1509.06664.

An LSTM reads the premise (states Y), and another one goes on from its cell with
the hypothesis (states h_t, the last is h_N). Static attention:

    M = tanh(W_y Y + W_h h_N (x) e_L)                           (eq. 7)
    alpha = softmax(w^T M);  r = Y alpha^T                      (eq. 8, 9)
    h* = tanh(W_p r + W_x h_N)                                  (eq. 10)

Word by word, r_N in place of r:

    M_t = tanh(W_y Y + (W_h h_t + W_r r_{t-1}) (x) e_L)         (eq. 11)
    alpha_t = softmax(w^T M_t)                                  (eq. 12)
    r_t = Y alpha_t^T + tanh(W_t r_{t-1})                       (eq. 13)

What deviates, and why:
- RMSprop and dropout are those of Liu et al. 2016. This is a row of their
  table, whose rows then differ in the model alone.
- Liu et al. count 252 thousand parameters word by word and 242 for static
  attention, with 100 units. Here are 251,303 and 231,303: equations 7 to 10
  have no other matrix.
"""

import dataclasses
import functools

import keras
import tensorflow as tf

from tfgen.bounds import Count, Share
from tfgen.config import DataSpec, OptimizerConfig, Preset
from tfgen.model import Model
from tfgen.models import sentence_pairs
from tfgen.nli.text.vocabulary import PADDING, UNKNOWN
from tfgen.nn import lookup, lstm_lite, masked_softmax

PAPER = "Rocktäschel et al. 2016, arXiv:1509.06664"

# B batch, T words of a sentence (L of a premise), H units.


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the defaults are the paper's."""

    embedding: Count = 300  # width of the word vectors
    train_embeddings: bool = False  # needs data.glove if false
    units: Count = 100  # H; words are projected to as many
    word_by_word: bool = True  # else static attention
    dropout: Share = 0.25  # before the softmax
    optimizer: OptimizerConfig = OptimizerConfig("rmsprop", beta_2=0.9)


class WordByWord(Model):
    """A classifier of sentence pairs, given as ids [B, T] padded with 0."""

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        self.embedding = sentence_pairs.add_embedding(self)

        def linear(name, width=config.units):
            return keras.layers.Dense(width, use_bias=False, name=name)

        def lstm(name):
            return keras.layers.LSTM(
                config.units,
                return_sequences=True,
                return_state=True,
                name=name,
            )

        self.words = keras.layers.Dense(config.units, name="words")
        self.premise_lstm = lstm("premise")
        self.hypothesis_lstm = lstm("hypothesis")
        self.W_y, self.W_h = linear("W_y"), linear("W_h")
        self.w = linear("w", 1)
        if config.word_by_word:
            self.W_r, self.W_t = linear("W_r"), linear("W_t")
        self.W_p, self.W_x = linear("W_p"), linear("W_x")
        self.dropout = keras.layers.Dropout(config.dropout)
        self.out = sentence_pairs.softmax_layer(self)
        self(*[tf.fill((1, 1), UNKNOWN)] * 2)

    def _attend(self, WY, Y, query, mask):
        """Equations 7 to 9: r [B, H] and alpha [B, L]."""
        M = tf.tanh(WY + tf.expand_dims(query, 1))
        alpha = masked_softmax(tf.squeeze(self.w(M), 2), mask)
        return tf.linalg.matvec(Y, alpha, transpose_a=True), alpha

    def _read(self, ids, lstm, c, lite):
        """States [B, T, H] of an LSTM that starts from cell c, last h and c."""
        x = self.words(lookup(tf.convert_to_tensor(self.embedding), ids))
        mask = ids != PADDING
        if lite:
            return lstm_lite(lstm, x, mask, c)
        return lstm(x, mask=mask, initial_state=[tf.zeros_like(c), c])

    def call(self, premise, hypothesis, training=False, lite=False):
        """Returns logits [B, classes] and attention.

        `premise_attention` [B, L] is that of the hypothesis' last word.
        """
        mask, is_word = premise != PADDING, hypothesis != PADDING
        zeros = tf.zeros(
            [tf.shape(premise)[0], self.config.units], self.compute_dtype
        )
        Y, _, c = self._read(premise, self.premise_lstm, zeros, lite)
        states, h_N, _ = self._read(hypothesis, self.hypothesis_lstm, c, lite)
        WY = self.W_y(Y)
        if not self.config.word_by_word:
            r, alpha = self._attend(WY, Y, self.W_h(h_N), mask)
        else:
            Wh = tf.transpose(self.W_h(states), [1, 0, 2])
            is_word = tf.expand_dims(tf.transpose(is_word), 2)
            T = tf.shape(Wh)[0]

            def step(t, r, alpha):
                r_t, alpha_t = self._attend(WY, Y, Wh[t] + self.W_r(r), mask)
                r_t += tf.tanh(self.W_t(r))
                return (
                    t + 1,
                    tf.where(is_word[t], r_t, r),
                    tf.where(is_word[t], alpha_t, alpha),
                )

            start = (0, tf.zeros_like(h_N), tf.zeros_like(WY[:, :, 0]))
            *_, r, alpha = tf.while_loop(
                lambda t, *_: t < T, step, start, maximum_iterations=T
            )
        h = tf.tanh(self.W_p(r) + self.W_x(h_N))
        return {
            "logits": self.out(self.dropout(h, training=training)),
            "premise_attention": tf.cast(alpha, tf.float32),
        }

    # The contract.

    player = "classifier"
    per_example_losses = sentence_pairs.per_example_losses
    per_example_metrics = sentence_pairs.per_example_metrics
    classify = sentence_pairs.classify


PRESETS = {
    "grammar": sentence_pairs.grammar_preset(Config),
    # Word by word 83.5 %; static 82.4 % (Liu et al. 2016, table 3).
    "snli": Preset(Config(), *sentence_pairs.SNLI),
    "snli_static": Preset(Config(word_by_word=False), *sentence_pairs.SNLI),
    "tiny": Preset(
        Config(embedding=6, train_embeddings=True, units=5, dropout=0.0),
        *sentence_pairs.TINY,
    ),
}

auto = functools.partial(sentence_pairs.auto, PRESETS)

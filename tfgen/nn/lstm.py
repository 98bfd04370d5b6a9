"""Long short-term memory (Hochreiter & Schmidhuber 1997), made for CPUs.

    i, f, o = sigmoid(x_t W + h_{t-1} U + b);  g = tanh(likewise)
    c_t = f * c_{t-1} + i * g;  h_t = o * tanh(c_t)

With multiplicative integration (Wu et al. 2016, arXiv:1606.06630) gates are of

    alpha * x_t W * h_{t-1} U + beta_1 * h_{t-1} U + beta_2 * x_t W + b

How it differs from autodiff through a loop:

- One product makes the inputs of all steps; it has each distinct word of a
  batch once. One product makes the gradient of U; TensorFlow would add up a
  small product for each step.
- Sentences are packed: sorted by length, so that step t is a product of the
  sentences that have a word t, and padding costs nothing.
"""

from typing import NamedTuple

import keras
import tensorflow as tf

from tfgen.nn.lookup import lookup
from tfgen.nn.recurrence_lite import scan_lite

# B sentences of T words at most, N words in all; V distinct words, of D
# numbers; H units.


class LSTM(keras.layers.Layer):
    """LSTM over sentences that are padded at the end."""

    def __init__(
        self,
        units: int,
        bidirectional: bool = False,
        multiplicative: bool = False,
        **kwargs,
    ):
        """Makes the layer.

        Args:
          units: H, of each direction.
          bidirectional: read backwards as well, with weights of its own.
          multiplicative: integrate by products; alpha starts at 1, and the
            betas at 1/2.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.units = units
        names = ("forward", "backward") if bidirectional else ("forward",)
        self.directions = [
            _Direction(units, multiplicative, name=name) for name in names
        ]

    def call(self, words, place, length, lite=False, training=False):
        """Returns the states h_t.

        Args:
          words: [V, D], the vectors of distinct words (`distinct_words`).
          place: [B, T] int32, which of them each word is.
          length: [B] int32, words of each sentence.
          lite: use TFLite's built-in operators alone.
          training: keep what a fast gradient needs.

        Returns:
          [B, T, H], or [B, T, 2H]: forwards, then backwards. Zero where a
          sentence has ended; with `lite`, anything.
        """
        if lite:
            outputs = self._read_lite(words, place, length)
        else:
            read = recurrence if training else states
            outputs = self._read_packed(words, place, length, read)
        return tf.cast(tf.concat(outputs, axis=-1), words.dtype)

    def _read_packed(self, words, place, length, read):
        B, T = tf.unstack(tf.shape(place))
        pack = _pack(length, T)
        flat = tf.reshape(place, [-1])
        outputs = []
        for direction, order in zip(self.directions, (pack.there, pack.back)):
            z = lookup(direction(words), tf.gather(flat, order))
            h = read(
                z, tf.convert_to_tensor(direction.recurrent_kernel), pack.sizes
            )
            padded = tf.scatter_nd(order[:, None], h, [B * T, self.units])
            outputs.append(tf.reshape(padded, [B, T, self.units]))
        return outputs

    def _read_lite(self, words, place, length):
        # Padding comes after the words in both directions, so that no state
        # of a word depends on it.
        # (Gathered: `reverse_sequence` has no 8-bit kernel on devices.)
        t, length = tf.range(tf.shape(place)[1]), length[:, None]
        back = tf.where(t < length, length - 1 - t, t)
        outputs = []
        for i, direction in enumerate(self.directions):
            order = tf.gather(place, back, batch_dims=1) if i else place
            h = recurrence_lite(
                tf.gather(direction(words), tf.transpose(order)),
                tf.convert_to_tensor(direction.recurrent_kernel),
            )
            h = tf.transpose(h, [1, 0, 2])
            outputs.append(tf.gather(h, back, batch_dims=1) if i else h)
        return outputs


class _Direction(keras.layers.Layer):
    """The weights of one direction."""

    def __init__(self, units, multiplicative, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.multiplicative = multiplicative

    def build(self, input_shape):
        def bias(shape, dtype):
            ones = tf.ones(shape[0] // 4, dtype)
            # Forget little at first (Jozefowicz et al. 2015).
            return tf.concat([0 * ones, ones, 0 * ones, 0 * ones], 0)

        width = 4 * self.units
        self.kernel = self.add_weight(
            shape=(input_shape[-1], width),
            initializer="glorot_uniform",
            name="kernel",
        )
        # The states are float32 under mixed precision: they add up.
        self.recurrent_kernel = self.add_weight(
            shape=(self.units, width),
            initializer="orthogonal",
            autocast=False,
            name="recurrent_kernel",
        )
        self.bias = self.add_weight(
            shape=(width,), initializer=bias, name="bias"
        )
        if self.multiplicative:
            self.alpha, self.beta_1, self.beta_2 = (
                self.add_weight(
                    shape=(width,),
                    initializer=keras.initializers.Constant(start),
                    name=name,
                )
                for name, start in (
                    ("alpha", 1.0),
                    ("beta_1", 0.5),
                    ("beta_2", 0.5),
                )
            )
        self.built = True

    def call(self, words):
        """Returns x W + b for each word, [V, 4H].

        Of a multiplicative one [V, 8H]: beta_2 * x W + b, and what h U is
        multiplied by, alpha * x W + beta_1.
        """
        z = tf.matmul(words, tf.convert_to_tensor(self.kernel))
        if self.multiplicative:
            factor = self.alpha * z + self.beta_1
            z = tf.concat([self.beta_2 * z + self.bias, factor], axis=1)
        else:
            z += self.bias
        return tf.cast(z, self.recurrent_kernel.dtype)


class _Pack(NamedTuple):
    """How sentences are packed: word 0 of all, then word 1 of the longer ones.

    Sentences are in descending order of length, so that those of step t + 1 are
    the first ones of step t.

    Attributes:
      sizes: [T] int32, sentences that have a word t.
      there: [N] int32, place of each packed word in [B * T].
      back: [N] int32, likewise of sentences that are read backwards.
    """

    sizes: tf.Tensor
    there: tf.Tensor
    back: tf.Tensor


def _pack(length, T):
    order = tf.argsort(length, direction="DESCENDING", stable=True)
    lengths = tf.gather(length, order)
    has_word = lengths[None] > tf.range(tf.reduce_max(length))[:, None]
    step, sentence = tf.unstack(tf.where(has_word), axis=1)
    step, sentence = tf.cast(step, tf.int32), tf.cast(sentence, tf.int32)
    first = tf.gather(order, sentence) * T
    return _Pack(
        tf.reduce_sum(tf.cast(has_word, tf.int32), axis=1),
        first + step,
        first + tf.gather(lengths, sentence) - 1 - step,
    )


def _step(z, h, c, U):
    """One step; z: [B, 4H], or [B, 8H] with factors of h U.

    Returns:
      h and c, and i, f and o together [B, 3H], and g.
    """
    H = U.shape[0]
    a = z[:, : 4 * H] + _multiplied(tf.matmul(h, U), z)
    sigmoids, g = tf.sigmoid(a[:, : 3 * H]), tf.tanh(a[:, 3 * H :])
    i, f, o = tf.split(sigmoids, 3, axis=1)
    c = f * c + i * g
    return o * tf.tanh(c), c, sigmoids, g


def _multiplied(a, z):
    """Returns a [B, 4H], times the factors where z [B, 8H] has some."""
    width = a.shape[1]
    return a if z.shape[1] == width else a * z[:, width:]


def recurrence_lite(z, U):
    """Returns the states of sentences that are not packed, for devices.

    Args:
      z: [T, B, 4H], x_t W + b; columns in the order i, f, o, g. Or [T, B, 8H]
        with factors of h U.
      U: [H, 4H].

    Returns:
      [T, B, H].
    """
    zeros = tf.zeros([tf.shape(z)[1], U.shape[0]], z.dtype)

    def step(z, h, c):
        return _step(z, h, c, U)[:2]

    return scan_lite(step, [z], [zeros, zeros])[0]


def _loop(condition, body, t, state, *arrays):
    """A loop over steps, each with as many sentences as have that word."""
    some = tf.TensorShape([None, state.shape[1]])
    shapes = [tf.TensorShape([]), some, some]
    shapes += [tf.TensorShape(None) for _ in arrays]
    start = (t, state, state, *arrays)
    return tf.while_loop(condition, body, start, tuple(shapes))[3:]


def _array(like, length, width):
    return tf.TensorArray(
        like.dtype, length, infer_shape=False, element_shape=[None, width]
    )


def states(z, U, sizes, keep=False):
    """Returns the states of packed sentences, from h_0 = c_0 = 0.

    Args:
      z: [N, 4H], x_t W + b of word 0 of all sentences, then word 1 …; columns
        in the order i, f, o, g. Or [N, 8H] with factors of h U.
      U: [H, 4H].
      sizes: [T] int32, sentences that have a word t; never more than before.
      keep: also return what the gradient needs.

    Returns:
      h [N, H], likewise packed. With `keep` a list: h, c, the sigmoids of i, f
      and o [N, 3H], and g.
    """
    T, H = tf.shape(sizes)[0], U.shape[0]
    starts = tf.cumsum(sizes, exclusive=True)

    def forward(t, h, c, *arrays):
        n = sizes[t]
        z_t = z[starts[t] : starts[t] + n]
        h, c, *gates = _step(z_t, h[:n], c[:n], U)
        values = (h, c, *gates)
        return t + 1, h, c, *(a.write(t, v) for a, v in zip(arrays, values))

    arrays = _loop(
        lambda t, *_: t < T,
        forward,
        0,
        tf.zeros([sizes[0], H], z.dtype),
        *(
            _array(z, T, width)
            for width in (H, H, 3 * H, H)[: 4 if keep else 1]
        ),
    )
    values = [a.concat() for a in arrays]
    return values if keep else values[0]


@tf.custom_gradient
def recurrence(z, U, sizes):
    """Returns `states(z, U, sizes)`, with a gradient of few large products."""
    # A tape that watched the loop would trace a gradient of its own.
    hs, cs, sigmoids, gs = states(
        tf.stop_gradient(z), tf.stop_gradient(U), sizes, keep=True
    )
    T, H = tf.shape(sizes)[0], U.shape[0]
    starts = tf.cumsum(sizes, exclusive=True)

    def gradient(dhs):
        # The place of the state before that of word n: as far ahead as there
        # were sentences a step before.
        later = tf.range(sizes[0], tf.shape(z)[0])
        before = later - tf.repeat(sizes[:-1], sizes[1:])
        h_before = tf.gather(hs, before)
        zeros = tf.zeros([sizes[0], H], z.dtype)
        c_before = tf.concat([zeros, tf.gather(cs, before)], axis=0)

        def backward(t, dh, dc, das):
            n = sizes[t]
            word = slice(starts[t], starts[t] + n)
            i, f, o = tf.split(sigmoids[word], 3, axis=1)
            g, tanh_c = gs[word], tf.tanh(cs[word])
            # No state follows the last word of a sentence.
            ended = [[0, n - tf.shape(dh)[0]], [0, 0]]
            dh = dhs[word] + tf.pad(dh, ended)
            dc = tf.pad(dc, ended) + dh * o * (1 - tanh_c * tanh_c)
            da = tf.concat(
                [
                    dc * g * i * (1 - i),
                    dc * c_before[word] * f * (1 - f),
                    dh * tanh_c * o * (1 - o),
                    dc * i * (1 - g * g),
                ],
                axis=1,
            )
            dh = tf.matmul(_multiplied(da, z[word]), U, transpose_b=True)
            return t - 1, dh, dc * f, das.write(t, da)

        (das,) = _loop(
            lambda t, *_: t >= 0,
            backward,
            T - 1,
            zeros[:0],
            _array(z, T, 4 * H),
        )
        das = das.concat()
        of_hU = _multiplied(das, z)[sizes[0] :]
        dU = tf.matmul(h_before, of_hU, transpose_a=True)
        if z.shape[1] > 4 * H:
            hU = tf.pad(tf.matmul(h_before, U), [[sizes[0], 0], [0, 0]])
            das = tf.concat([das, das * hU], axis=1)
        return das, dU, None

    return hs, gradient

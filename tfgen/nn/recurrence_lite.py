"""Recurrent layers in TFLite's built-in operators; there is no gradient.

TFLite's lists of tensors, which Keras's layers and `tf.TensorArray` become,
want a fixed batch. Here the outputs of all steps are one tensor that grows.
"""

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf


def scan_lite(
    step: Callable, inputs: Sequence[tf.Tensor], state: Sequence[tf.Tensor]
) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """Runs a recurrence.

    Args:
      step: takes the inputs of a step, and then the state; returns the next
        state, a tuple.
      inputs: each [T, B, ...].
      state: before the first step, each [B, H].

    Returns:
      The first part of the state after each step [T, B, H], and the state after
      the last.
    """
    T, B, H = tf.shape(inputs[0])[0], tf.shape(state[0])[0], state[0].shape[-1]

    def body(t, outputs, *state):
        state = step(*[x[t] for x in inputs], *state)
        grown = tf.concat([outputs, tf.expand_dims(state[0], 0)], axis=0)
        return t + 1, grown, *state

    # (Not a slice `[:0]`, which TFLite takes for everything.)
    none = tf.zeros([0, B, H], state[0].dtype)
    _, outputs, *state = tf.while_loop(
        lambda t, *_: t < T,
        body,
        (0, none, *state),
        shape_invariants=(
            tf.TensorShape([]),
            tf.TensorShape([None, None, H]),
            *[tf.TensorShape([None, s.shape[-1]]) for s in state],
        ),
    )
    return outputs, state


def lstm_lite(
    layer: keras.layers.LSTM, x: tf.Tensor, mask: tf.Tensor, c: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Returns what Keras's LSTM returns.

    Args:
      layer: its weights.
      x: [B, T, D].
      mask: [B, T] bool; where it is false, the state stays as it is.
      c: [B, H], the cell before the first step; h is 0.

    Returns:
      All states h [B, T, H], the last one [B, H], and the last cell [B, H].
    """
    kernel, recurrent, bias = _weights(layer)

    def step(z, is_word, h_before, c_before):
        i, f, g, o = tf.split(z + tf.matmul(h_before, recurrent), 4, axis=1)
        c = tf.sigmoid(f) * c_before + tf.sigmoid(i) * tf.tanh(g)
        h = tf.sigmoid(o) * tf.tanh(c)
        return tf.where(is_word, h, h_before), tf.where(is_word, c, c_before)

    z = tf.tensordot(tf.transpose(x, [1, 0, 2]), kernel, 1) + bias
    is_word = tf.expand_dims(tf.transpose(mask), 2)
    states, (h, c) = scan_lite(step, [z, is_word], [tf.zeros_like(c), c])
    return tf.transpose(states, [1, 0, 2]), h, c


def gru_lite(layer: keras.layers.GRU, x: tf.Tensor) -> tf.Tensor:
    """Returns what Keras's GRU returns with `return_sequences`.

    Cho et al. 2014 (arXiv:1406.1078), with Keras's `reset_after`: the reset
    gate acts on the product with the state.

    Args:
      layer: its weights.
      x: [B, T, D].

    Returns:
      [B, T, H].
    """
    kernel, recurrent, (bias, recurrent_bias) = _weights(layer)

    def step(a, h):
        b = tf.matmul(h, recurrent) + recurrent_bias
        (a_z, a_r, a_h), (b_z, b_r, b_h) = (
            tf.split(v, 3, axis=1) for v in (a, b)
        )
        z, r = tf.sigmoid(a_z + b_z), tf.sigmoid(a_r + b_r)
        return (z * h + (1 - z) * tf.tanh(a_h + r * b_h),)

    a = tf.tensordot(tf.transpose(x, [1, 0, 2]), kernel, 1) + bias
    zeros = tf.zeros([tf.shape(x)[0], layer.units], x.dtype)
    states, _ = scan_lite(step, [a], [zeros])
    return tf.transpose(states, [1, 0, 2])


def _weights(layer):
    cell = layer.cell
    kernel, recurrent, bias = (
        tf.cast(v, layer.compute_dtype)
        for v in (cell.kernel, cell.recurrent_kernel, cell.bias)
    )
    return kernel, recurrent, tf.unstack(bias) if bias.shape.rank > 1 else bias

"""Dropout for steps that XLA compiles."""

import keras
import tensorflow as tf

# The mixing of 32 bits by Wellons, "Hash function prospecting", 2018
# (lowbias32): shifts and odd factors.
_SHIFTS, _FACTORS = (16, 15, 16), (0x7FEB352D, 0x846CA68B)


class Dropout(keras.layers.Dropout):
    """`keras.layers.Dropout`, whose random numbers XLA makes fast on a CPU.

    Keras's are TensorFlow's Philox: within a step, XLA takes 700 ns a number
    for what TensorFlow's kernel has in 6, and its other generator has no such
    kernel. Here a number is the hash of its place and of Keras's seed.
    """

    def call(self, inputs, training=False):
        if not training or not self.rate:
            return inputs
        bits = _bits(tf.size(inputs), self.seed_generator.next())
        least = tf.constant(int(self.rate * 2**32), tf.uint32)
        kept = tf.reshape(bits >= least, tf.shape(inputs))
        return tf.where(kept, inputs / (1 - self.rate), 0)


def _bits(count, seed):
    """Random ones of a seed [2], [count] uint32."""
    first, second = tf.unstack(_mixed(tf.cast(seed, tf.uint32)))
    places = tf.cast(tf.range(count), tf.uint32)
    return _mixed(_mixed(places + first) + second)


def _mixed(h):
    """A one-to-one function of uint32, each bit of which depends on all."""
    for shift, factor in zip(_SHIFTS, _FACTORS):
        h = _folded(h, shift) * tf.constant(factor, tf.uint32)
    return _folded(h, _SHIFTS[-1])


def _folded(h, shift):
    shift = tf.constant(shift, tf.uint32)
    return tf.bitwise.bitwise_xor(h, tf.bitwise.right_shift(h, shift))

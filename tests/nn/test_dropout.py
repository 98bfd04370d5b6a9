"""Dropout by hashes: what is dropped, how often, and independently of what."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgen.nn.dropout import Dropout

SHAPE = (100, 4, 5, 50)  # 100,000 numbers: 4 deviations are .0063 at most


def kept(layer, calls=1, jit_compile=False):
    """Which numbers are kept by calls, [calls, *SHAPE] of 0 and 1."""

    @tf.function(jit_compile=jit_compile)
    def masks():
        ones = tf.ones(SHAPE)
        return [tf.sign(layer(ones, training=True)) for _ in range(calls)]

    return np.stack([mask.numpy() for mask in masks()])


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_share_and_factor(rate):
    y = Dropout(rate, seed=1)(tf.ones(SHAPE), training=True).numpy()
    np.testing.assert_allclose(np.unique(y), [0, 1 / (1 - rate)], rtol=1e-6)
    assert abs(np.mean(y == 0) - rate) < 0.0063


def test_is_off_when_nothing_is_trained():
    x = tf.random.stateless_normal(SHAPE, [0, 1])
    np.testing.assert_array_equal(Dropout(0.5, seed=1)(x), x)
    np.testing.assert_array_equal(Dropout(0.0)(x, training=True), x)


def test_masks_are_independent():
    """Of calls, layers, neighbours in each direction, and rows."""
    first = kept(Dropout(0.5, seed=1), calls=3)
    (other,) = kept(Dropout(0.5, seed=2))
    pairs = [(first[0], first[1]), (first[0], first[2]), (first[0], other)]
    pairs += [(first[0], np.roll(first[0], 1, axis)) for axis in range(4)]
    pairs += [(first[0].ravel(), np.roll(first[1].ravel(), k)) for k in (1, 64)]
    for a, b in pairs:
        assert abs(np.mean(a == b) - 0.5) < 0.0063


def test_sums_of_rows_are_binomial():
    """Of 1,000 numbers each: a mask that repeats has other deviations."""
    sums = kept(Dropout(0.3, seed=3), calls=5).reshape(-1, 1000).sum(axis=1)
    assert sums.std() == pytest.approx(np.sqrt(1000 * 0.21), rel=0.13)


def test_is_the_same_under_xla():
    expected, found = (
        kept(Dropout(0.3, seed=4), calls=2, jit_compile=jit)
        for jit in (False, True)
    )
    np.testing.assert_array_equal(expected, found)


def test_gradient_is_that_of_what_is_kept():
    layer = Dropout(0.5, seed=5)
    x = tf.random.stateless_normal(SHAPE, [0, 2])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=True)
    expected = np.where(y.numpy() != 0, 2.0, 0.0)
    np.testing.assert_array_equal(tape.gradient(y, x), expected)


def test_mixed_precision():
    layer = Dropout(0.5, dtype=keras.DTypePolicy("mixed_bfloat16"))
    assert layer(tf.ones(SHAPE), training=True).dtype == tf.bfloat16

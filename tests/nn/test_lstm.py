import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.tolerances import EXACT
from tfgen.nn import LSTM, distinct_words, randomize

B, T, D, H = 3, 5, 4, 6
LENGTH = np.array([5, 1, 3], np.int32)
products = pytest.mark.parametrize("products", [False, True])


def inputs(seed=0):
    return np.random.default_rng(seed).standard_normal((B, T, D))


def read(layer, x, length, **how):
    """The layer, each word of x [B, T, D] being another one."""
    words = tf.reshape(x, [-1, D])
    place = tf.reshape(tf.range(len(words)), x.shape[:2])
    return layer(words, place, tf.convert_to_tensor(length), **how)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def plain(x, kernel, recurrent, bias, alpha=0.0, beta_1=1.0, beta_2=1.0):
    """The equations, one sentence and one step at a time: [t, D] -> [t, H]."""
    h, c, states = np.zeros(H), np.zeros(H), []
    for x_t in x:
        Wx, Uh = x_t @ kernel, h @ recurrent
        a = alpha * Wx * Uh + beta_1 * Uh + beta_2 * Wx + bias
        i, f, o, g = np.split(a, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        states.append(h)
    return np.array(states)


@products
def test_equations(float64, products):
    """Each direction reads the words of a sentence and no padding."""
    layer = LSTM(H, bidirectional=True, multiplicative=products)
    x = inputs()
    read(layer, x, LENGTH)
    randomize(layer.variables, 0.5, seed=0)
    y = read(layer, x, LENGTH).numpy()
    assert y.shape == (B, T, 2 * H)
    weights = [v.numpy() for v in layer.variables]
    one = len(weights) // 2
    for row, words, n in zip(y, x, LENGTH):
        there = plain(words[:n], *weights[:one])
        back = plain(words[:n][::-1], *weights[one:])[::-1]
        expected = np.concatenate([there, back], axis=1)
        np.testing.assert_allclose(row[:n], expected, **EXACT)


def loss_and_gradients(call, x, variables):
    weights = np.random.default_rng(1).standard_normal((B, T, H))
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(weights * tf.square(call(x)))
    return tape.gradient(loss, [x, *[v.value for v in variables]])


def test_same_values_and_gradients_as_keras(float64):
    """Keras's, by autodiff; its gates are in the order i, f, g, o."""
    layer, x = LSTM(H), inputs()
    peer = keras.layers.LSTM(H, return_sequences=True)
    read(layer, x, LENGTH), peer(x)

    def in_its_order(value):
        i, f, o, g = np.split(value, 4, axis=-1)
        return np.concatenate([i, f, g, o], axis=-1)

    peer.set_weights([in_its_order(v.numpy()) for v in layer.variables])
    full = np.full(B, T, np.int32)
    np.testing.assert_allclose(read(layer, x, full), peer(x), **EXACT)
    got = loss_and_gradients(
        lambda x: read(layer, x, full, training=True),
        x,
        layer.trainable_variables,
    )
    expected = loss_and_gradients(peer, x, peer.trainable_variables)
    np.testing.assert_allclose(got[0], expected[0], **EXACT)
    for a, b in zip(got[1:], expected[1:]):
        a = in_its_order(a.numpy())
        np.testing.assert_allclose(a, b, **EXACT)


def test_without_products_it_is_the_plain_one(float64):
    """alpha = 0, beta = 1: the same states to the last digit or so."""
    layer, plain_one, x = LSTM(H, multiplicative=True), LSTM(H), inputs()
    read(layer, x, LENGTH), read(plain_one, x, LENGTH)
    start = [v.numpy() for v in layer.variables[3:]]
    np.testing.assert_array_equal(start, [[1] * 4 * H] + 2 * [[0.5] * 4 * H])
    ones = np.ones(4 * H)
    layer.set_weights([*plain_one.get_weights(), 0 * ones, ones, ones])
    np.testing.assert_allclose(
        read(layer, x, LENGTH), read(plain_one, x, LENGTH), **EXACT
    )


@pytest.mark.parametrize("more", [1, 7])
def test_padding_changes_no_word(float64, more):
    layer, x = LSTM(H, bidirectional=True), inputs()
    rest = np.random.default_rng(2).standard_normal((B, more, D))
    wide = read(layer, np.concatenate([x, rest], axis=1), LENGTH)
    for row, again, n in zip(read(layer, x, LENGTH), wide, LENGTH):
        np.testing.assert_array_equal(again[:n], row[:n])


def test_forgets_little_at_first():
    layer = LSTM(H)
    read(layer, inputs(), LENGTH)
    bias = layer.variables[2].numpy()
    np.testing.assert_array_equal(bias, [0] * H + [1] * H + [0] * 2 * H)


@pytest.mark.parametrize(
    "length", [LENGTH, [1, 5, 5], [2, 2, 2], [1, 1, 1], [0, 4, 0]]
)
@products
def test_gradient_of_packed_sentences(float64, length, products):
    """Same as autodiff's through the loop over steps."""
    layer, x = LSTM(H, multiplicative=products), inputs()
    read(layer, x, LENGTH)
    if products:
        randomize(layer.variables, 0.5, seed=0)

    @tf.function(reduce_retracing=True)
    def gradients(training, x, length):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = read(layer, x, length, training=training)
            loss = tf.reduce_sum(tf.square(y + 0.1))
        variables = [v.value for v in layer.trainable_variables]
        return y, tape.gradient(loss, [x, *variables])

    x, length = tf.constant(x), tf.constant(length, tf.int32)
    (y, fast), (expected, plain) = (
        gradients(training, x, length) for training in (True, False)
    )
    np.testing.assert_array_equal(y, expected)
    for a, b in zip(fast, plain):
        np.testing.assert_allclose(a, tf.convert_to_tensor(b), **EXACT)
    beyond = np.arange(T) >= np.array(length)[:, None]
    assert np.all(y[beyond] == 0) and np.all(fast[0][beyond] == 0)


@products
def test_lite_reads_the_same(products):
    layer = LSTM(H, bidirectional=True, multiplicative=products)
    x = inputs().astype(np.float32)
    for row, lite, n in zip(
        read(layer, x, LENGTH), read(layer, x, LENGTH, lite=True), LENGTH
    ):
        np.testing.assert_allclose(lite[:n], row[:n], **tolerances.FLOAT32)


def test_distinct_words():
    ids = tf.constant([[4, 7, 4], [7, 9, 0]])
    words, place = distinct_words(ids)
    assert sorted(words.numpy()) == [0, 4, 7, 9]
    np.testing.assert_array_equal(tf.gather(words, place), ids)
    words, place = distinct_words(ids, lite=True)
    np.testing.assert_array_equal(tf.gather(words, place), ids)


def test_states_are_float32_under_mixed_precision(mixed_bfloat16):
    layer, x = LSTM(H), inputs().astype(np.float32)
    y = read(layer, x, LENGTH)
    assert y.dtype == tf.bfloat16
    expected = plain(x[0], *[v.numpy() for v in layer.variables])
    y = tf.cast(y[0], tf.float32)
    np.testing.assert_allclose(y, expected, **tolerances.BFLOAT16)

import numpy as np
import pytest
import tensorflow as tf

from tfgen.nn import shifted


def test_images_are_moved_and_their_edges_repeated():
    x = np.random.default_rng(0).normal(size=(3, 4, 5, 2))
    # Two pixels up, one to the right; not at all; two down, two to the left.
    u = np.array([[0.0, 0.7], [0.5, 0.5], [0.99, 0.1]])
    moves = (-2, 1), (0, 0), (2, -2)
    expected = []
    for image, (down, right) in zip(x, moves):
        rows = np.clip(np.arange(4) - down, 0, 3)
        columns = np.clip(np.arange(5) - right, 0, 4)
        expected.append(image[rows][:, columns])
    np.testing.assert_array_equal(shifted(tf.constant(x), u, 2), expected)


def test_all_places_are_equally_likely():
    x = np.zeros((5_000, 3, 3, 1), np.float32)
    x[:, 1, 1] = 1
    u = np.random.default_rng(0).uniform(size=(5_000, 2)).astype(np.float32)
    share = np.mean(shifted(tf.constant(x), tf.constant(u), 1), axis=0)[..., 0]
    np.testing.assert_allclose(share, np.full((3, 3), 1 / 9), atol=0.015)


def test_gradients_move_back():
    x = tf.Variable(tf.zeros([1, 3, 3, 1]))
    with tf.GradientTape() as tape:
        y = shifted(x, tf.constant([[0.99, 0.5]]), 1)[0, 2, 1, 0]
    g = tape.gradient(y, x).numpy()[0, ..., 0]
    assert g[1, 1] == 1 and g.sum() == pytest.approx(1)

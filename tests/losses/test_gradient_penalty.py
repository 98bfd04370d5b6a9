import numpy as np
import tensorflow as tf

from tests import tolerances
from tfgen.losses import gradient_penalty, squared_gradient


def test_of_a_linear_critic():
    """f(y) = a.y has the gradient a everywhere."""
    random = np.random.default_rng(0)
    a = random.standard_normal((3, 4))
    x, y = (tf.constant(random.standard_normal((5, 3, 4))) for _ in range(2))
    share = tf.constant(random.uniform(size=5))
    found = gradient_penalty(
        lambda y: tf.reduce_sum(y * a, [1, 2]), x, y, share
    )
    expected = np.full(5, (np.linalg.norm(a) - 1) ** 2)
    np.testing.assert_allclose(found, expected, **tolerances.SAME)


def test_is_taken_between_data_and_samples():
    """f(y) = |y|^2 / 2 has the gradient y = e x + (1 - e) G(z)."""
    x, y = tf.constant([[3.0, 0.0]] * 3), tf.constant([[0.0, 4.0]] * 3)
    share = tf.constant([1.0, 0.0, 0.5])
    found = gradient_penalty(lambda y: tf.reduce_sum(y**2, 1) / 2, x, y, share)
    np.testing.assert_allclose(found, [4, 9, 1.5**2], **tolerances.FLOAT32)


def test_r1_is_the_slope_at_the_data():
    """f(y) = y.A y / 2 has the gradient A y; of each example its own."""
    random = np.random.default_rng(0)
    A = random.standard_normal((4, 4))
    A += A.T
    x = random.standard_normal((5, 4))
    found = squared_gradient(
        lambda y: tf.reduce_sum(y * tf.matmul(y, A), 1) / 2, tf.constant(x)
    )
    np.testing.assert_allclose(
        found, np.sum((x @ A) ** 2, axis=1), **tolerances.SAME
    )


def test_gradient_is_finite_where_the_critic_is_flat():
    weight = tf.Variable(0.0)
    x = tf.ones([2, 3])
    with tf.GradientTape() as tape:
        loss = gradient_penalty(
            lambda y: weight * tf.reduce_sum(y, 1), x, x, tf.ones([2])
        )
    np.testing.assert_allclose(loss, [1, 1], rtol=1e-5)
    assert np.isfinite(tape.gradient(loss, weight))

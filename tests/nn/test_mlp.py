import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tfgen.nn import MLP


def test_formula(float64):
    """Dense layers, one activation between them and none at the end."""
    network = MLP([4, 5], 2, activation="tanh")
    x = np.random.default_rng(0).standard_normal((3, 6))
    y = network(x)
    w_1, b_1, w_2, b_2, w_3, b_3 = (v.numpy() for v in network.variables)
    h = np.tanh(np.tanh(x @ w_1 + b_1) @ w_2 + b_2)
    np.testing.assert_allclose(y, h @ w_3 + b_3, **tolerances.EXACT)


def test_condition_is_appended(float64):
    network, plain = MLP([4], 2), MLP([4], 2)
    x, condition = tf.random.normal((3, 6)), tf.random.normal((3, 2))
    y = network(x, condition=condition)
    joined = tf.concat([x, condition], axis=1)
    plain(joined)
    plain.set_weights(network.get_weights())
    np.testing.assert_array_equal(y, plain(joined))


@pytest.mark.parametrize("hidden", [[], [4], [4, 4]])
def test_zero_init(hidden):
    network = MLP(hidden, 3, zero_init=True)
    y = network(tf.random.normal((5, 2)))
    np.testing.assert_array_equal(y, np.zeros((5, 3)))
    assert len(network.trainable_variables) == 2 * len(hidden) + 2

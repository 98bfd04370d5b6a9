import itertools

import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.bijectors.checks import normal
from tfgen.nn import Swapout


def test_each_unit_has_coins_of_its_own(float64):
    x, block = normal(3, 2, 2, 4).numpy(), normal(3, 2, 2, 4, seed=1).numpy()
    u = np.random.default_rng(0).random((3, 2, 16))
    keep = (u < [[0.7], [0.4]]).reshape(3, 2, 2, 2, 4)
    np.testing.assert_allclose(
        Swapout(0.7, 0.4)(x, block, tf.constant(u.reshape(3, 32))),
        keep[:, 0] * x + keep[:, 1] * block,
        **tolerances.EXACT,
    )


def test_without_coins_it_is_what_is_expected():
    """Of all four cases, each with its probability: not so after a relu."""
    x, block, thetas = np.array([[1.0]]), np.array([[-3.0]]), (0.75, 0.25)
    layer = Swapout(*thetas)
    cases = list(itertools.product((0, 1), repeat=2))
    p = [
        np.prod([t if keep else 1 - t for keep, t in zip(case, thetas)])
        for case in cases
    ]
    y = [
        layer(x, block, tf.constant([[0.99 * (1 - keep) for keep in case]]))
        for case in cases
    ]
    np.testing.assert_array_equal(np.ravel(y), [0, -3, 1, -2])
    expected = np.dot(p, np.ravel(y))
    np.testing.assert_allclose(layer(x, block), [[expected]], rtol=1e-6)
    assert np.dot(p, np.maximum(np.ravel(y), 0)) == pytest.approx(0.5625)
    assert np.maximum(expected, 0) == 0


def test_certain_coins_are_a_residual_block(float64):
    x, block = normal(3, 4).numpy(), normal(3, 4, seed=1).numpy()
    u = tf.random.uniform((3, 8))
    np.testing.assert_array_equal(Swapout(1, 1)(x, block, u), x + block)
    np.testing.assert_array_equal(Swapout(0, 1)(x, block, u), block)

"""What holds for any bijector is in tests/conformance/test_bijectors.py."""

import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.bijectors import checks
from tfgen.bijectors import Affine, Checkerboard, Coupling, Halves
from tfgen.bijectors.splits import checkerboard
from tfgen.nn import MLP, ResidualConvNet, randomize

pytestmark = pytest.mark.usefixtures("float64")

# Split, shape of x, and which of its numbers stay.
SPLITS = {
    "halves": (Halves(), (5,), [True, True, True, False, False]),
    "swapped halves": (Halves(swap=True), (3,), [False, False, True]),
    "channels": (Halves(event_ndims=3), (1, 2, 2), [True, False] * 2),
    "checkerboard": (Checkerboard(), (2, 4, 1), checkerboard(2, 4) == 1),
    "swapped checkerboard": (
        Checkerboard(swap=True),
        (3, 2, 1),
        checkerboard(3, 2) == 0,
    ),
}
every = pytest.mark.parametrize("name", SPLITS)


def test_eqs_4_to_8():
    """By hand, with s = x_a + 1 and t = -x_a."""
    flow = Coupling(
        Halves(), lambda x, **_: tf.concat([x + 1, -x], 1), Affine()
    )
    x = np.array([[1.0, 2.0, 3.0, 4.0]])
    y, log_det = flow.forward_and_log_det(tf.constant(x))
    expected = [[1, 2, 3 * np.exp(2) - 1, 4 * np.exp(3) - 2]]
    np.testing.assert_allclose(y, expected, **tolerances.EXACT)
    np.testing.assert_allclose(log_det, [2 + 3], **tolerances.EXACT)


@pytest.mark.parametrize("swap", [False, True])
def test_eq_9(swap):
    shape = (3, 4, 2)
    conditioner = checks.conditioner(Checkerboard(), shape, 2)
    flow = Coupling(Checkerboard(swap), conditioner, Affine())
    x = checks.normal(2, *shape).numpy()
    b = checkerboard(3, 4, swap).astype(np.float64)
    s, t = np.split(conditioner(b * x).numpy(), 2, axis=-1)
    y, log_det = flow.forward_and_log_det(tf.constant(x))
    expected = b * x + (1 - b) * (x * np.exp(s) + t)
    np.testing.assert_allclose(y, expected, **tolerances.EXACT)
    expected = ((1 - b) * s).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(log_det, expected, **tolerances.EXACT)


@every
def test_jacobian_of_eq_6(name):
    """With what stays first: identity, zero and diag(exp(s))."""
    split, shape, stays = SPLITS[name]
    conditioner = checks.conditioner(split, shape, 2)
    x, stays = checks.normal(1, *shape), np.ravel(stays)
    flow = Coupling(split, conditioner, Affine())
    (matrix,) = checks.jacobian(lambda x: flow.forward_and_log_det(x)[0], x)
    x_a, _ = split.split(x)
    s, _ = tf.split(conditioner(x_a), 2, axis=-1)
    s = np.ravel(s)
    s = s[~stays] if len(s) == len(stays) else s
    eye = np.eye(sum(stays))
    np.testing.assert_array_equal(matrix[np.ix_(stays, stays)], eye)
    np.testing.assert_array_equal(matrix[np.ix_(stays, ~stays)], 0)
    np.testing.assert_allclose(
        matrix[np.ix_(~stays, ~stays)], np.diag(np.exp(s)), **tolerances.EXACT
    )
    assert np.any(matrix[np.ix_(~stays, stays)])


@every
def test_condition(name):
    """It changes what does not stay."""
    split, shape, stays = SPLITS[name]
    conditioner = checks.conditioner(split, shape, 2, condition=3)
    flow, x = Coupling(split, conditioner, Affine()), checks.normal(2, *shape)
    condition = checks.normal(2, 3, seed=1)
    checks.check_inverse(flow, x, condition=condition)
    checks.check_log_det(flow, x, condition=condition)
    y, _ = flow.forward_and_log_det(x, condition=condition)
    other, _ = flow.forward_and_log_det(x, condition=condition + 1)
    same = np.ravel(np.all(y == other, axis=0))
    np.testing.assert_array_equal(same, np.ravel(stays))


@every
def test_gradient_reaches_every_weight(name):
    split, shape, _ = SPLITS[name]
    conditioner = checks.conditioner(split, shape, 2, condition=3)
    flow, x = Coupling(split, conditioner, Affine()), checks.normal(4, *shape)
    with tf.GradientTape() as tape:
        y, log_det = flow.forward_and_log_det(x, condition=checks.normal(4, 3))
        total = tf.reduce_sum(y * y) + tf.reduce_sum(log_det)
    gradients = tape.gradient(total, [v.value for v in conditioner.variables])
    for variable, gradient in zip(conditioner.variables, gradients):
        assert np.any(gradient), variable.path


@pytest.mark.parametrize("shape", [(2,), (4, 4, 2)], ids=["MLP", "conv"])
def test_mixed_precision(mixed_bfloat16, shape):
    """The network computes in bfloat16; s and t are float32."""
    images = len(shape) == 3
    network = ResidualConvNet(4, 0, 4) if images else MLP([4], 2)
    seen = []
    flow = Coupling(
        Checkerboard() if images else Halves(),
        network,
        Affine(lambda s: seen.append(s) or s),
    )
    x, condition = tf.random.normal((5, *shape)), tf.ones((5, 2))
    flow.forward_and_log_det(x, condition=condition)
    randomize(network.variables, seed=1)
    y, log_det = flow.forward_and_log_det(x, condition=condition)
    assert seen[-1].dtype == y.dtype == log_det.dtype == tf.float32
    rounded = tf.cast(tf.cast(seen[-1], tf.bfloat16), tf.float32)
    np.testing.assert_array_equal(seen[-1], rounded)
    assert np.any(y != tf.cast(tf.cast(y, tf.bfloat16), tf.float32))

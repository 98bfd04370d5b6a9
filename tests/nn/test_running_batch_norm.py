import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from tests import tolerances
from tests.bijectors.checks import normal
from tests.nn import joint_batch
from tfgen.nn import RunningBatchNorm, randomize

double = pytest.mark.usefixtures("float64")


def built(C, batches=0, **options):
    """A layer with random averages, which saw so many batches."""
    layer = RunningBatchNorm(**options)
    layer.build((None, C))
    randomize(layer.variables)
    layer.batches.assign(batches)
    return layer


@double
@given(
    B=st.integers(1, 5),
    inner=st.lists(st.integers(1, 3), max_size=2),
    C=st.integers(1, 3),
    rho=st.floats(0, 0.99),
)
def test_three_steps_of_appendix_e(B, inner, C, rho):
    """m_{t+1} = rho m_t + (1 - rho) m^_t, and v likewise; then normalize.

    Where the layer starts does not count: batch i of t has the weight
    (1 - rho) rho^(t - i) / (1 - rho^t).
    """
    layer = built(C, momentum=rho)
    means, variances = [], []
    for t in (1, 2, 3):
        x = 2 + normal(B, *inner, C, seed=t).numpy()
        axes = tuple(range(x.ndim - 1))
        means.append(x.mean(axes))
        variances.append(x.var(axes))
        weights = rho ** np.arange(t)[::-1]
        m = np.average(means, axis=0, weights=weights)
        v = np.average(variances, axis=0, weights=weights)
        y = layer(x, training=True)
        expected = (x - m) / np.sqrt(v + layer.epsilon)
        np.testing.assert_allclose(y, expected, **tolerances.EXACT)
    np.testing.assert_allclose(layer.mean, m, **tolerances.EXACT)
    np.testing.assert_allclose(layer.variance, v, **tolerances.EXACT)


@double
def test_gradient_is_of_the_batch_statistics_alone():
    """The averages of earlier steps are constants."""
    layer, x = built(2, 1000, momentum=0.7), normal(5, 2)
    m, v = tf.constant(layer.mean.numpy()), tf.constant(layer.variance.numpy())
    weights = normal(5, 2, seed=1)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([x, layer.mean.value, layer.variance.value])
        got = tf.reduce_sum(weights * layer(x, training=True))
        batch_m, batch_v = tf.nn.moments(x, [0])
        moved_m = 0.7 * m + 0.3 * batch_m
        moved_v = 0.7 * v + 0.3 * batch_v + layer.epsilon
        expected = tf.reduce_sum(weights * (x - moved_m) / tf.sqrt(moved_v))
    np.testing.assert_allclose(
        tape.gradient(got, x), tape.gradient(expected, x), **tolerances.EXACT
    )
    assert layer.trainable_variables == []


@double
def test_evaluation_uses_and_keeps_the_averages():
    layer, x = built(2), 5 + normal(4, 2).numpy()
    before = [v.numpy() for v in layer.variables]
    y = layer(x)
    m, v, _ = before
    expected = (x - m) / np.sqrt(v + layer.epsilon)
    np.testing.assert_allclose(y, expected, **tolerances.EXACT)
    for variable, value in zip(layer.variables, before):
        np.testing.assert_array_equal(variable, value)


@double
def test_without_lag():
    """Trains with the batch's own statistics and keeps the averages."""
    layer, x = built(2, 1000, lag=False), 5 + normal(4, 2).numpy()
    m = 0.9 * layer.mean.numpy() + 0.1 * x.mean(axis=0)
    y = layer(x, training=True)
    expected = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + layer.epsilon)
    np.testing.assert_allclose(y, expected, **tolerances.EXACT)
    np.testing.assert_allclose(layer.mean, m, **tolerances.EXACT)


@double
def test_scale_and_offset():
    plain, affine = built(2), built(2, affine=True)
    affine.mean.assign(plain.mean)
    affine.variance.assign(plain.variance)
    assert len(affine.trainable_variables) == 2
    x = normal(4, 2)
    expected = plain(x) * affine.scale + affine.offset
    np.testing.assert_allclose(affine(x), expected, **tolerances.EXACT)


def test_starts_as_identity():
    x = tf.random.normal((4, 3))
    y = RunningBatchNorm(affine=True, epsilon=0.0)(x)
    np.testing.assert_allclose(y, x, **tolerances.SAME)


@pytest.mark.parametrize("lag", [False, True])
@double
def test_two_replicas_see_the_joint_batch(two_replicas, lag):
    """Outputs, averages and gradients are those of the whole batch."""
    x, weights = 3 + normal(6, 2).numpy(), normal(6, 2, seed=1).numpy()
    one = built(2, lag=lag)
    with two_replicas.scope():
        two = built(2, lag=lag)
    joint_batch.assert_same(two_replicas, one, two, x, weights)


def test_mixed_precision(mixed_bfloat16):
    """Statistics stay in float32; the output is bfloat16."""
    layer = RunningBatchNorm(affine=True)
    x = tf.random.normal((64, 3), mean=3.0)
    y = layer(x, training=True)
    assert y.dtype == tf.bfloat16
    assert {v.dtype for v in layer.variables} == {"float32", "int32"}
    rounded = tf.cast(tf.cast(x, tf.bfloat16), tf.float32)
    expected = np.mean(rounded, axis=0)  # of the only batch
    np.testing.assert_allclose(layer.mean, expected, **tolerances.SAME)


@double
def test_averages_stay_if_they_do_not_observe():
    """Same values; nothing of the batch is kept."""
    layer, x = built(2, momentum=0.7, lag=False), normal(5, 2)
    before = [v.numpy() for v in layer.variables]
    unobserved = layer(x, training=True, observe=False)
    for variable, value in zip(layer.variables, before):
        np.testing.assert_array_equal(variable, value)
    np.testing.assert_array_equal(layer(x, training=True), unobserved)
    assert np.all(layer.mean.numpy() != before[0])

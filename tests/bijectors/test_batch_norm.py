import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.bijectors import checks
from tfgen.bijectors import BatchNorm
from tfgen.nn import RunningBatchNorm

pytestmark = pytest.mark.usefixtures("float64")


def norm(C, event_ndims=1, **options):
    """A bijector with random running averages, and its layer."""
    layer = RunningBatchNorm(**options)
    layer.build((None, C))
    checks.randomize(layer.variables)
    return BatchNorm(layer, event_ndims), layer


@pytest.mark.parametrize("shape", [(3,), (2, 3, 2)])
def test_eqs_17_and_18(shape):
    """x -> (x - m) / sqrt(v + eps); det = prod (v + eps)^(-1/2)."""
    flow, layer = norm(shape[-1], len(shape))
    x = checks.normal(4, *shape).numpy()
    m, v = layer.mean.numpy(), layer.variance.numpy() + layer.epsilon
    y, log_det = flow.forward_and_log_det(tf.constant(x))
    np.testing.assert_allclose(y, (x - m) / np.sqrt(v), **tolerances.EXACT)
    every = np.broadcast_to(v, shape)
    np.testing.assert_allclose(
        log_det, [np.log(np.prod(every**-0.5))] * 4, **tolerances.EXACT
    )
    checks.check_inverse(flow, tf.constant(x))


def test_training_moves_the_averages_first():
    """Appendix E: training normalizes by the averages moved by the batch."""
    flow, layer = norm(2, momentum=0.8)
    layer.batches.assign(1000)  # far from the start
    x = 3 + checks.normal(5, 2).numpy()
    m = 0.8 * layer.mean.numpy() + 0.2 * x.mean(axis=0)
    v = 0.8 * layer.variance.numpy() + 0.2 * x.var(axis=0)
    y, log_det = flow.forward_and_log_det(tf.constant(x), training=True)
    scale = np.sqrt(v + layer.epsilon)
    np.testing.assert_allclose(y, (x - m) / scale, **tolerances.EXACT)
    np.testing.assert_allclose(
        log_det, [-np.log(scale).sum()] * 5, **tolerances.EXACT
    )
    np.testing.assert_allclose(layer.mean, m, **tolerances.EXACT)
    np.testing.assert_allclose(layer.variance, v, **tolerances.EXACT)


def test_training_without_lag():
    """Plain batch normalization whitens each channel of the batch."""
    flow, _ = norm(2, lag=False, epsilon=1e-12)
    y, _ = flow.forward_and_log_det(3 + checks.normal(5, 2), training=True)
    np.testing.assert_allclose(np.mean(y, axis=0), 0, **tolerances.EXACT)
    np.testing.assert_allclose(np.std(y, axis=0), 1, **tolerances.EXACT)


def test_inverse_uses_the_running_averages():
    """Whatever batch it is given, also when asked to train."""
    flow, layer = norm(2)
    y = checks.normal(5, 2).numpy()
    before = [v.numpy() for v in layer.variables]
    x, _ = flow.inverse_and_log_det(tf.constant(y), training=True)
    m, v = before[0], before[1] + layer.epsilon
    np.testing.assert_allclose(x, y * np.sqrt(v) + m, **tolerances.EXACT)
    for variable, value in zip(layer.variables, before):
        np.testing.assert_array_equal(variable, value)
    checks.check_inverse(flow, checks.normal(5, 2))

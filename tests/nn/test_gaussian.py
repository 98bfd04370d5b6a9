import numpy as np
import pytest
import scipy.stats
import tensorflow as tf
import tensorflow_probability as tfp

from tests import tolerances
from tests.bijectors import checks
from tfgen.nn import gaussian

pytestmark = pytest.mark.usefixtures("float64")


def test_density():
    x, h = checks.normal(5, seed=1), checks.normal(5, 2)
    np.testing.assert_allclose(
        gaussian.Gaussian().log_prob(x, h),
        scipy.stats.norm.logpdf(x, h[:, 0], np.exp(h[:, 1])),
        **tolerances.EXACT,
    )
    np.testing.assert_array_equal(gaussian.Gaussian().mean(h), h[:, 0])


def test_divergence_from_the_prior():
    mean, log_stddev = tf.unstack(checks.normal(2, 5))
    normal = tfp.distributions.Normal
    zero, one = np.float64(0), np.float64(1)
    np.testing.assert_allclose(
        gaussian.kl(mean, log_stddev),
        normal(mean, tf.exp(log_stddev)).kl_divergence(normal(zero, one)),
        **tolerances.EXACT,
    )
    assert gaussian.kl(zero, zero) == 0


@pytest.mark.parametrize("size", [1e4, -1e4])
def test_finite_far_out_in_float32(size):
    h = tf.fill((3, 2), np.float32(size))
    with tf.GradientTape() as tape:
        tape.watch(h)
        log_p = gaussian.Gaussian().log_prob(tf.zeros(3), h)
    assert np.all(np.isfinite(log_p))
    assert np.all(np.isfinite(tape.gradient(log_p, h)))

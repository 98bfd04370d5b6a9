import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from tests import tolerances
from tests.bijectors import checks
from tfgen.bijectors.base import Bijector, sum_event


class Double(Bijector):
    """`y = 2x`, and what it was called with."""

    def __init__(self):
        super().__init__(1, "double")
        self.seen = []

    def forward_and_log_det(self, x, **kwargs):
        self.seen.append(kwargs)
        size = x.shape[-1]
        return 2 * x, tf.fill(x.shape[:1], size * tf.math.log(2.0))

    def inverse_and_log_det(self, y, **kwargs):
        self.seen.append(kwargs)
        size = y.shape[-1]
        return y / 2, tf.fill(y.shape[:1], -size * tf.math.log(2.0))


def test_tfp_methods_are_derived():
    x = tf.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    checks.check_tfp_methods(Double(), x)


def test_arguments_are_passed_through():
    double, x = Double(), tf.ones((1, 2))
    given = {"training": True, "condition": None}
    double.forward(x, **given)
    double.inverse(x, **given)
    double.forward_log_det_jacobian(x, 1, **given)
    double.inverse_log_det_jacobian(tf.identity(x), 1, **given)
    assert double.seen == [given] * 4


def test_transformed_distribution():
    """Twice a standard Gaussian has the standard deviation 2."""
    normal = tfp.distributions.MultivariateNormalDiag
    doubled = tfp.distributions.TransformedDistribution(
        normal(tf.zeros(3)), Double()
    )
    x = tf.constant([[0.5, -1.0, 2.0]])
    expected = normal(tf.zeros(3), tf.fill([3], 2.0)).log_prob(x)
    np.testing.assert_allclose(doubled.log_prob(x), expected, **tolerances.SAME)
    assert doubled.sample(5, seed=1).shape == (5, 3)


def test_both_methods_are_required():
    class Half(Bijector):
        def forward_and_log_det(self, x, **kwargs):
            return x, 0.0

    with pytest.raises(TypeError, match="inverse_and_log_det"):
        Half(1, "half")


@pytest.mark.parametrize("shape", [(2,), (2, 3), (2, 3, 4, 5)])
def test_sum_event(shape):
    x = np.arange(np.prod(shape), dtype=np.float64).reshape(shape)
    expected = [row.sum() for row in x]
    np.testing.assert_array_equal(sum_event(tf.constant(x)), expected)

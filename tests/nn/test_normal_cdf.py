import numpy as np
import pytest
import tensorflow as tf
from scipy import special

from tfgen.nn.normal_cdf import log_cdfs

SIDE = np.linspace(-40, 40, 4001)


@pytest.mark.parametrize(
    "dtype, digits", [("float32", 3e-7), ("float64", 1e-13)]
)
def test_is_that_of_scipy(dtype, digits):
    x = tf.constant([*SIDE, -1e4, 1e4, 1e-9, -1e-9], dtype)
    for found, side in zip(log_cdfs(x), (x, -x)):
        expected = special.log_ndtr(side.numpy())
        np.testing.assert_allclose(found, expected, rtol=digits, atol=digits)


def test_gradient_is_the_density_by_the_function():
    """Also at 0, where both sides meet."""
    x = tf.constant(SIDE)
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(log_cdfs(x)[0])
    log_p = -0.5 * SIDE**2 - 0.5 * np.log(2 * np.pi)
    expected = np.exp(log_p - special.log_ndtr(SIDE))
    np.testing.assert_allclose(
        tape.gradient(total, x), expected, rtol=1e-10, atol=1e-15
    )

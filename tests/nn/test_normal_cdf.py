import numpy as np
import pytest
import tensorflow as tf
from scipy import special

from tfgen.nn.normal_cdf import from_logistic, log_cdfs, to_logistic

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


@pytest.mark.parametrize(
    "dtype, digits", [("float32", 5e-7), ("float64", 2e-15)]
)
def test_standard_logistic_of_normal_and_back(dtype, digits):
    """Against SciPy in float64; finite where it has no numbers to subtract."""
    x = tf.constant(SIDE, dtype)
    wide = x.numpy().astype(float)
    logistic = special.log_ndtr(wide) - special.log_ndtr(-wide)
    tolerance = {"rtol": digits, "atol": digits}
    np.testing.assert_allclose(to_logistic(x), logistic, **tolerance)
    z = tf.constant([*logistic, 0, 1e-9], dtype)
    tail = special.log_expit(-np.abs(z.numpy().astype(float)))
    normal = -np.sign(z) * special.ndtri_exp(tail)
    np.testing.assert_allclose(from_logistic(z), normal, **tolerance)
    far = tf.constant([1e4, 1e10, 1e18], dtype)
    for sign in (-1, 1):
        np.testing.assert_allclose(
            to_logistic(sign * far), sign * far**2 / 2, rtol=1e-6
        )
        np.testing.assert_allclose(
            from_logistic(sign * far), sign * (2 * far) ** 0.5, rtol=1e-3
        )


def test_gradient_of_the_way_back_is_that_of_the_inverse():
    x = np.linspace(-9, 9, 50)
    with tf.GradientTape(persistent=True) as tape:
        z = tf.constant(x)
        tape.watch(z)
        back = from_logistic(z)
        again = to_logistic(back)
    slopes = tape.gradient(back, z) * tape.gradient(again, back)
    np.testing.assert_allclose(slopes, 1, rtol=1e-6)

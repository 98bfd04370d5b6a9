"""Every public bijector, declared once, through the same properties."""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.bijectors import checks
from tfgen import bijectors
from tfgen.nn import RunningBatchNorm

pytestmark = pytest.mark.usefixtures("float64")


@dataclasses.dataclass(frozen=True)
class Case:
    """A bijector with random weights, and where it is defined."""

    make: Callable[[], bijectors.Bijector]
    shape: tuple[int, ...]
    interval: tuple[float, float] = (-1000.0, 1000.0)

    def points(self):
        """Three examples around 0, and three full of an edge or the middle."""
        low, high = self.interval
        below = np.nextafter(high, low)
        inner = np.random.default_rng(0).uniform(-3, 3, (3, *self.shape))
        outer = [
            np.full(self.shape, value)
            for value in (low, (low + high) / 2, below)
        ]
        return tf.constant(np.clip([*inner, *outer], low, below))


def batch_norm():
    layer = RunningBatchNorm()
    layer.build((None, 3))
    checks.randomize(layer.variables)
    return bijectors.BatchNorm(layer, 1)


def checkerboard():
    conditioner = checks.conv_conditioner((2, 4, 2), 2)
    return bijectors.CheckerboardCoupling(conditioner)


def multi_scale():
    second = bijectors.CheckerboardCoupling(
        checks.conv_conditioner((1, 2, 4), 4)
    )
    first = bijectors.Sequential([checkerboard(), bijectors.Squeeze()])
    return bijectors.MultiScale([first, second], (2, 4, 2))


def sequential():
    return bijectors.Sequential([batch_norm(), split()])


def split():
    return bijectors.SplitCoupling(checks.mlp_conditioner(2, 1))


CASES = {
    "BatchNorm": Case(batch_norm, (3,)),
    "CheckerboardCoupling": Case(checkerboard, (2, 4, 2)),
    "LogitGrayLevels": Case(
        lambda: bijectors.LogitGrayLevels(17), (2, 2, 1), (0.0, 17.0)
    ),
    "MultiScale": Case(multi_scale, (2, 4, 2)),
    "Sequential": Case(sequential, (3,)),
    "SplitCoupling": Case(split, (3,)),
    "Squeeze": Case(bijectors.Squeeze, (2, 4, 2)),
}
ABSTRACT = {"Bijector"}

every = pytest.mark.parametrize("name", CASES)


def test_every_bijector_has_a_case():
    assert {*CASES, *ABSTRACT} == set(bijectors.__all__)
    for name, case in CASES.items():
        assert type(case.make()).__name__ == name


@every
def test_inverse(name):
    case = CASES[name]
    checks.check_inverse(case.make(), case.points())


@every
def test_log_det(name):
    case = CASES[name]
    checks.check_log_det(case.make(), case.points())


@every
def test_methods_of_tfp(name):
    case = CASES[name]
    checks.check_tfp_methods(case.make(), case.points())


@every
@pytest.mark.parametrize("dtype", [tf.float32, tf.float64])
def test_finite(name, dtype):
    """Values, log-dets and gradients, also far out and at the edges."""
    case = CASES[name]
    x = case.points()
    if dtype == tf.float32:
        keras.config.set_dtype_policy("float32")
        last = np.nextafter(np.float32(case.interval[1]), np.float32(0))
        x = tf.minimum(tf.cast(x, dtype), last)
    bijector = case.make()
    with tf.GradientTape() as tape:
        tape.watch(x)
        y, log_det = bijector.forward_and_log_det(x)
        total = tf.reduce_sum(y) + tf.reduce_sum(log_det)
    x_again, inverse_log_det = bijector.inverse_and_log_det(y)
    gradient = tape.gradient(total, x)
    for tensor in (y, log_det, x_again, inverse_log_det, gradient):
        assert tensor.dtype == dtype
        assert np.all(np.isfinite(tensor))


@every
def test_rows_are_independent(name):
    """A batch of any size gives each example what it gets alone."""
    case = CASES[name]
    bijector, x = case.make(), case.points()
    y, log_det = bijector.forward_and_log_det(x)
    for i in range(len(x)):
        alone, its_log_det = bijector.forward_and_log_det(x[i : i + 1])
        np.testing.assert_allclose(alone[0], y[i], **tolerances.EXACT)
        np.testing.assert_allclose(
            its_log_det[0], log_det[i], **tolerances.EXACT
        )

"""Every public bijector, declared once, through the same properties."""

import dataclasses
import functools
from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.bijectors import checks
from tfgen import bijectors
from tfgen.config import Column
from tfgen.nn import (
    PLU,
    ActNormLayer,
    MaskedMLP,
    Parameters,
    RunningBatchNorm,
    ScaledTanh,
    randomize,
)

pytestmark = pytest.mark.usefixtures("float64")


@dataclasses.dataclass(frozen=True)
class Case:
    """A bijector with random weights, and where it is defined."""

    make: Callable[[], bijectors.Bijector]
    shape: tuple[int, ...]
    interval: tuple[float, float] = (-1e4, 1e4)

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


def coupling(split, shape, transformer=None):
    transformer = transformer or bijectors.Affine(ScaledTanh())
    conditioner = checks.conditioner(split, shape, transformer.parameters)
    return bijectors.Coupling(split, conditioner, transformer)


def autoregressive(transformer=None):
    transformer = transformer or bijectors.Affine(bijectors.bounded)
    network = MaskedMLP(
        (7,), (1, 0, 2), transformer.parameters, activation="tanh"
    )
    network(tf.zeros((1, 3)))
    randomize(network.variables)
    return bijectors.Autoregressive(network, transformer)


def inverted():
    affine = bijectors.Affine(bijectors.bounded)
    return autoregressive(bijectors.Inverted(affine))


def multi_scale():
    inner = bijectors.Halves(event_ndims=3)
    first = [
        coupling(bijectors.Checkerboard(), (2, 4, 1)),
        bijectors.Squeeze(),
        coupling(inner, (1, 2, 4)),
    ]
    second = coupling(bijectors.Checkerboard(), (1, 2, 2))
    return bijectors.MultiScale(
        [bijectors.Sequential(first), second], (2, 4, 1)
    )


def act_norm(event_ndims, **options):
    layer = ActNormLayer(**options)
    layer.build((None, 3))
    checks.randomize(layer.variables)
    return bijectors.ActNorm(layer, event_ndims)


def invertible_conv(event_ndims):
    layer = PLU(3)
    randomize(layer.trainable_variables)
    return bijectors.InvertibleConv(layer, event_ndims)


def simple(kind, count):
    layer = Parameters(count)
    randomize(layer.variables)
    return kind(layer)


def sequential():
    return bijectors.Sequential(
        [batch_norm(), coupling(bijectors.Halves(), (3,))]
    )


SPLITS = {
    "Halves": (bijectors.Halves(), (5,)),
    "Halves, swapped": (bijectors.Halves(swap=True), (3,)),
    "Halves of channels": (bijectors.Halves(event_ndims=3), (2, 1, 4)),
    "Checkerboard": (bijectors.Checkerboard(), (3, 2, 2)),
    "Checkerboard, swapped": (bijectors.Checkerboard(swap=True), (1, 3, 1)),
}
TRANSFORMERS = {
    "Affine": None,
    "Additive": bijectors.Additive(),
    "Spline": bijectors.Spline(4),
}
COUPLINGS = {
    f"Coupling, {split}, {transformer}": Case(
        functools.partial(coupling, *SPLITS[split], TRANSFORMERS[transformer]),
        SPLITS[split][1],
    )
    for split in SPLITS
    for transformer in TRANSFORMERS
}
CASES = {
    **COUPLINGS,
    "ActNorm": Case(lambda: act_norm(3), (2, 1, 3)),
    "ActNorm, vectors": Case(lambda: act_norm(1, shift=False), (3,)),
    "Autoregressive": Case(autoregressive, (3,)),
    "Autoregressive, Inverted": Case(inverted, (3,)),
    "Autoregressive, Gated": Case(
        lambda: autoregressive(bijectors.Gated()), (3,)
    ),
    "Autoregressive, Mixture": Case(
        lambda: autoregressive(bijectors.Mixture(3)), (3,)
    ),
    "Autoregressive, Spline": Case(
        lambda: autoregressive(bijectors.Spline(4)), (3,)
    ),
    "BatchNorm": Case(batch_norm, (3,)),
    "Flatten": Case(lambda: bijectors.Flatten((2, 3, 1)), (2, 3, 1)),
    "Inverse": Case(lambda: bijectors.Inverse(autoregressive()), (3,)),
    "InvertibleConv": Case(lambda: invertible_conv(3), (2, 1, 3)),
    "InvertibleConv, vectors": Case(lambda: invertible_conv(1), (3,)),
    "LinearGrayLevels": Case(
        lambda: bijectors.LinearGrayLevels(17, (-1.0, 1.0)),
        (2, 2, 1),
        (0.0, 17.0),
    ),
    "LogitGrayLevels": Case(
        lambda: bijectors.LogitGrayLevels(17), (2, 2, 1), (0.0, 17.0)
    ),
    "MultiScale": Case(multi_scale, (2, 4, 1)),
    "Permute": Case(lambda: bijectors.Permute((2, 0, 1)), (3,)),
    "Planar": Case(lambda: simple(bijectors.Planar, 7), (3,)),
    "Radial": Case(lambda: simple(bijectors.Radial, 5), (3,)),
    "Sequential": Case(sequential, (3,)),
    "Standardize": Case(
        lambda: bijectors.Standardize(
            [Column("price", 40.0, 5.0), Column("dose", 1e-3, 0.1)]
        ),
        (2,),
    ),
    "Squeeze": Case(bijectors.Squeeze, (2, 4, 2)),
}
# The parts of a coupling, and the base class.
OTHERS = {
    "Additive",
    "Affine",
    "Bijector",
    "Checkerboard",
    "Gated",
    "Halves",
    "Inverted",
    "Mixture",
    "Spline",
    "bounded",
    "of_data",
}

every = pytest.mark.parametrize("name", CASES)


def kind(name):
    return name.partition(",")[0]


def test_every_bijector_has_a_case():
    assert {kind(name) for name in CASES} | OTHERS == set(bijectors.__all__)


@every
def test_inverse_and_log_det(name):
    case = CASES[name]
    bijector, x = case.make(), case.points()
    assert type(bijector).__name__ == kind(name)
    checks.check_inverse(bijector, x)
    checks.check_log_det(bijector, x)


@every
def test_methods_of_tfp(name):
    case = CASES[name]
    bijector, x = case.make(), case.points()
    checks.check_tfp_methods(bijector, x)
    y = bijector.forward(x)
    checks.check_bijective_and_finite(bijector, x, y)


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
    for rows in (slice(1), slice(1, None)):
        alone, its_log_det = bijector.forward_and_log_det(x[rows])
        np.testing.assert_allclose(alone, y[rows], **tolerances.EXACT)
        np.testing.assert_allclose(
            its_log_det, log_det[rows], **tolerances.EXACT
        )

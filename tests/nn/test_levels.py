import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from tests import tolerances
from tests.bijectors import checks
from tfgen.nn.levels import (
    Bernoulli,
    Categorical,
    Logistic,
    LogisticMixture,
    mean_exp,
)

pytestmark = pytest.mark.usefixtures("float64")
DENSITIES = {
    "bernoulli": (Bernoulli(), 2),
    "categorical": (Categorical(5), 5),
    "logistics": (LogisticMixture(17, 3), 17),
    "logistics, two levels": (LogisticMixture(2, 1), 2),
}
every = pytest.mark.parametrize("name", DENSITIES)


def probabilities(density, levels, h):
    """[N, levels] of parameters [N, P]."""
    x = tf.range(levels, dtype=h.dtype)
    return np.exp(density.log_prob(x, h[:, None]))


@every
@pytest.mark.parametrize("scale", [1, 30])
def test_probabilities_sum_to_one(name, scale):
    density, levels = DENSITIES[name]
    h = scale * checks.normal(50, density.parameters)
    total = probabilities(density, levels, h).sum(axis=1)
    np.testing.assert_allclose(total, 1, **tolerances.EXACT)


@every
def test_a_level_is_drawn_as_often_as_is_probable(name):
    density, levels = DENSITIES[name]
    h = checks.normal(4, density.parameters)
    n = 20_000
    u = (tf.range(n, dtype=tf.float64) + 0.5) / n
    x = density.quantile(u, h[:, None]).numpy().astype(int)
    shares = [np.bincount(row, minlength=levels) / n for row in x]
    # Each edge of the grid may fall to either side.
    p = probabilities(density, levels, h)
    assert np.max(abs(shares - p)) < 1.5 / n
    assert np.all(np.diff(x, axis=1) >= 0)


def test_edges_of_many_levels():
    """Just below a level's share of uniform numbers, and just above."""
    levels = 5000
    density = LogisticMixture(levels, 1)
    h = tf.constant([[0.0, 0.1, -1.0]], tf.float64)
    below = np.cumsum(probabilities(density, levels, h)[0])[:-1]
    for step, added in ((-1e-9, 0), (1e-9, 1)):
        x = density.quantile(tf.constant(below + step), h)
        np.testing.assert_array_equal(x, np.arange(levels - 1) + added)


@pytest.mark.parametrize("levels", [2, 17])
def test_one_logistic_is_a_mixture_of_one(levels):
    h, x = checks.normal(6, 3), tf.range(levels, dtype=tf.float64)
    np.testing.assert_allclose(
        Logistic(levels).log_prob(x, h[:, None, 1:]),
        LogisticMixture(levels, 1).log_prob(x, h[:, None]),
        **tolerances.EXACT,
    )


def test_means():
    """In units of levels; a logistic's is that before it is cut to cells."""
    for name in ("bernoulli", "categorical"):
        density, levels = DENSITIES[name]
        h = checks.normal(4, density.parameters)
        expected = probabilities(density, levels, h) @ np.arange(levels)
        np.testing.assert_allclose(
            density.mean(h), expected, **tolerances.EXACT
        )
    h = tf.constant([[-1.0, 9.0], [0.0, 9.0], [0.5, 9.0], [3.0, 9.0]])
    np.testing.assert_allclose(Logistic(17).mean(h), [0, 8, 12, 16])


def test_a_logistic_in_cells_is_that_of_tfp():
    """On the scale of levels; TFP's cell x is from x - 1 to x."""
    levels, h = 17, checks.normal(6, 3)
    density = LogisticMixture(levels, 1)
    _, mean, log_scale = tf.unstack(h, axis=1)
    half = (levels - 1) / 2
    logistic = tfp.distributions.Logistic(
        half * (mean + 1) - 0.5, half * tf.exp(log_scale)
    )
    expected = tfp.distributions.QuantizedDistribution(
        logistic, low=0.0, high=levels - 1.0
    )
    x = tf.range(levels, dtype=tf.float64)
    np.testing.assert_allclose(
        probabilities(density, levels, h),
        np.transpose([expected.prob(value) for value in x]),
        **tolerances.EXACT,
    )


@every
def test_finite_far_out_in_float32(name):
    density, levels = DENSITIES[name]
    for size in (200.0, -200.0):
        h = tf.fill((levels, density.parameters), np.float32(size))
        x = tf.range(levels, dtype=tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(h)
            log_p = density.log_prob(x, h)
        assert np.all(np.isfinite(log_p))
        assert np.all(np.isfinite(tape.gradient(log_p, h)))


def test_two_levels_are_asked_for():
    with pytest.raises(ValueError, match="levels=3"):
        Bernoulli(3)


def test_mean_of_probabilities():
    p, q = checks.normal(5), checks.normal(5, seed=1)
    expected = np.log((np.exp(p) + np.exp(q)) / 2)
    np.testing.assert_allclose(mean_exp([p, q]), expected, **tolerances.EXACT)

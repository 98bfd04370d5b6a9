import numpy as np
import pytest
import scipy.linalg

from tests.tolerances import EXACT
from tfgen.evaluate.frechet import Moments, frechet_distance, gaussian_distance


def random_features(seed, count=300, size=12):
    """Correlated features with a mean far from 0."""
    random = np.random.default_rng(seed)
    mix = random.standard_normal((size, size))
    return random.standard_normal((count, size)) @ mix + random.uniform(9, 11)


def plain_distance(x, y):
    """The formula as it stands in the paper, through scipy's matrix root."""
    cov_x, cov_y = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    root = scipy.linalg.sqrtm(cov_x @ cov_y)
    gap = x.mean(axis=0) - y.mean(axis=0)
    return gap @ gap + np.trace(cov_x + cov_y - 2 * root.real)


@pytest.mark.parametrize("sizes", [[300], [1, 299], [7, 100, 0, 193]])
def test_moments_in_one_pass(sizes):
    x = random_features(0)
    moments = Moments(12)
    for batch in np.split(x, np.cumsum(sizes)[:-1]):
        moments.add(batch)
    assert moments.count == 300
    np.testing.assert_allclose(moments.mean, x.mean(axis=0), **EXACT)
    np.testing.assert_allclose(
        moments.covariance, np.cov(x, rowvar=False), **EXACT
    )


def test_a_large_mean_costs_no_digits():
    """Steps of 1/8 around 2^24: float32 holds neither sums nor squares."""
    x = np.arange(1000)[:, None] / 8
    moments = Moments(1)
    for batch in np.split(x + 2**24, 10):
        moments.add(batch)
    np.testing.assert_allclose(
        moments.covariance, [[np.var(x, ddof=1)]], **EXACT
    )


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_sqrtm(seed):
    x, y = random_features(seed), random_features(seed + 10, count=200)
    found = frechet_distance(Moments.of(x), Moments.of(y))
    assert found == pytest.approx(plain_distance(x, y), rel=1e-6)


def test_shifted_gaussians():
    """The same covariance: the squared distance of the means."""
    covariance = np.cov(random_features(0), rowvar=False)
    shift = np.arange(12.0)
    found = gaussian_distance(shift, covariance, np.zeros(12), covariance)
    assert found == pytest.approx(506)  # 11 * 12 * 23 / 6


def test_gaussians_with_the_same_axes():
    """Commuting covariances: the squared distance of standard deviations."""
    axes = np.linalg.qr(random_features(0)[:12])[0]
    s, t = np.arange(12.0), np.linspace(3, 1, 12)
    found = gaussian_distance(
        np.zeros(12), axes * s**2 @ axes.T, np.zeros(12), axes * t**2 @ axes.T
    )
    assert found == pytest.approx(np.sum((s - t) ** 2))


def test_identical_sets_give_zero():
    """Also where there are fewer examples than dimensions."""
    for count in (300, 5):
        x = Moments.of(random_features(0, count))
        assert frechet_distance(x, x) == pytest.approx(0, abs=1e-9)


def test_symmetric_and_never_negative():
    x, y = Moments.of(random_features(0)), Moments.of(random_features(1))
    found = frechet_distance(x, y)
    assert found == pytest.approx(frechet_distance(y, x))
    assert found > 0


def test_one_example_has_no_covariance():
    with pytest.raises(ValueError, match="at least 2 .* got 1"):
        _ = Moments.of(np.ones((1, 3))).covariance


def test_features_must_be_finite():
    with pytest.raises(ValueError, match="finite"):
        Moments(2).add(np.array([[0.0, np.nan]]))

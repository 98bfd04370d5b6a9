import numpy as np

from tfgen.evaluate.linear_ica import linear_ica, mean_correlation


def test_components_of_a_matrix_are_found():
    random = np.random.default_rng(0)
    s = random.laplace(size=(5000, 3))
    x = s @ random.normal(size=(3, 3))
    assert mean_correlation(x, s) < 0.95
    assert mean_correlation(linear_ica(x, x), s) > 0.99
    # Found in one half, told of the other.
    assert mean_correlation(linear_ica(x[:2500], x[2500:]), s[2500:]) > 0.98


def test_each_source_has_a_component_of_its_own():
    random = np.random.default_rng(1)
    a, b, noise = random.normal(size=(3, 20_000))
    sources = np.stack([a, b], axis=1)
    # Order, sign and scale say nothing, and more components do no harm.
    found = np.stack([noise, -3 * b, 2 * a], axis=1)
    np.testing.assert_allclose(mean_correlation(found, sources), 1)
    # The nearest to both may stand for one alone.
    found = np.stack([a + b, noise], axis=1)
    half = mean_correlation(found, sources)
    np.testing.assert_allclose(half, np.sqrt(0.5) / 2, atol=0.01)

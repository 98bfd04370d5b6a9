import numpy as np
import pytest

from tests.tolerances import EXACT
from tfgen.evaluate import summary
from tfgen.evaluate.classifier import Described
from tfgen.evaluate.summary import Summary


def examples(count=300):
    """Images around a mean, 5 features and 3 probabilities of each."""
    random = np.random.default_rng(0)
    x = random.normal(100, 2, (count, 4, 3, 1)).astype(np.float32)
    features = random.standard_normal((count, 5)).astype(np.float32)
    return x, Described(features, random.dirichlet(np.ones(3), count))


@pytest.mark.parametrize("size", [300, 70, 1])
def test_batches_of_any_size(size, monkeypatch):
    monkeypatch.setattr(summary, "MOST", 100)
    x, (features, probabilities) = examples()
    made = Summary()
    for i in range(0, 300, size):
        part = slice(i, i + size)
        made.add(x[part], Described(features[part], probabilities[part]))
    assert made.finite and made.count == made.moments.count == 300
    covariance = np.cov(features.astype(np.float64), rowvar=False)
    np.testing.assert_allclose(made.moments.covariance, covariance, **EXACT)
    variance = np.var(x.astype(np.float64), axis=0).sum()
    assert made.variance == pytest.approx(variance, rel=1e-9)
    np.testing.assert_array_equal(made.first.features, features[:100])
    np.testing.assert_array_equal(made.first.probabilities, probabilities[:100])


def test_without_probabilities():
    made = Summary()
    x, (features, _) = examples()
    for part in (slice(0, 7), slice(7, 300)):
        made.add(x[part], Described(features[part], None))
    np.testing.assert_array_equal(made.first.features, features)
    assert made.first.probabilities is None


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_none_stay_known(bad):
    x, described = examples()
    broken = x.copy()
    broken[-1, 0, 0, 0] = bad
    made = Summary()
    for images in (x, broken, x):
        made.add(images, described)
    assert not made.finite

import itertools

import numpy as np
import pytest

from tfgen.experiments import deep_linear

RANDOM = np.random.default_rng(0)
X = RANDOM.standard_normal((4, 20))
Y = RANDOM.standard_normal((3, 20))


@pytest.mark.parametrize("depth", [1, 3])
def test_the_loss_and_its_gradient(depth):
    widths = (4, *[2] * depth, 3)
    size = sum(a * b for a, b in itertools.pairwise(widths))
    w = RANDOM.standard_normal(size)
    value, slope = deep_linear.loss(w, widths, X, Y)
    product = np.eye(4)
    for W in deep_linear.split(w, widths):
        product = W @ product
    assert product.shape == (3, 4)
    np.testing.assert_allclose(value, 0.5 * np.sum((product @ X - Y) ** 2))
    for i in range(size):
        step = np.zeros(size)
        step[i] = 1e-6
        up = deep_linear.loss(w + step, widths, X, Y)[0]
        down = deep_linear.loss(w - step, widths, X, Y)[0]
        np.testing.assert_allclose(slope[i], (up - down) / 2e-6, rtol=1e-4)


def test_the_least_loss_is_that_of_alternating_least_squares():
    """Of A and B in Y = A B X, one fixed in turn, the other is solved."""
    A = RANDOM.standard_normal((3, 2))
    for _ in range(2000):
        B = np.linalg.pinv(A) @ Y @ np.linalg.pinv(X)
        A = Y @ np.linalg.pinv(B @ X)
    found = 0.5 * np.sum((A @ B @ X - Y) ** 2)
    np.testing.assert_allclose(deep_linear.least(X, Y, 2), found, rtol=1e-9)
    # Of full rank, it is plain regression.
    plain = np.linalg.lstsq(X.T, Y.T, rcond=None)[1].sum() / 2
    np.testing.assert_allclose(deep_linear.least(X, Y, 3), plain)


def test_at_0_the_hessian_is_that_of_pairs_of_layers():
    """With one hidden layer, its eigenvalues are those of Y X' and 0."""
    widths = (4, 2, 3)
    found = deep_linear.hessian(np.zeros(14), widths, X, Y)
    largest = np.linalg.svd(Y @ X.T, compute_uv=False)
    values = np.linalg.eigvalsh(found)
    np.testing.assert_allclose(values[:2], -largest[0], rtol=1e-6)
    np.testing.assert_allclose(values[-2:], largest[0], rtol=1e-6)
    assert (
        not deep_linear.hessian(np.zeros(18), (4, 2, 2, 3), X, Y).round(3).any()
    )


def test_claims_can_fail(monkeypatch):
    monkeypatch.setattr(deep_linear, "STARTS", 2)
    found = deep_linear.rows(0)
    assert all(holds(found) for holds in deep_linear.CLAIMS.values())
    figures = {"at_minimum": 0.9, "curvature": 0.0}
    worse = dict.fromkeys(deep_linear.DEPTHS, figures)
    assert not any(holds(worse) for holds in deep_linear.CLAIMS.values())

import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tfgen.losses import margin_loss, pulling_away


def test_margin_loss():
    """Eq. 1: samples above the margin are left alone."""
    real, fake = tf.constant([1.0, 2.0, 3.0]), tf.constant([0.0, 4.0, 9.0])
    np.testing.assert_array_equal(margin_loss(real, fake, 5.0), [6, 3, 3])


def by_definition(S):
    """Eq. 14, term by term."""
    N = len(S)
    total = 0.0
    for i in range(N):
        for j in range(N):
            if j != i:
                norms = np.linalg.norm(S[i]) * np.linalg.norm(S[j])
                total += (S[i] @ S[j] / norms) ** 2
    return total / (N * (N - 1))


def test_pulling_away_is_the_definition():
    S = np.random.default_rng(0).standard_normal((7, 5))
    np.testing.assert_allclose(
        pulling_away(tf.constant(S)), by_definition(S), **tolerances.SAME
    )


def test_orthogonal_codes_give_0_and_parallel_ones_1():
    assert float(pulling_away(tf.eye(4))) == pytest.approx(0, abs=1e-7)
    same = tf.tile(tf.constant([[1.0, -2.0, 0.5]]), [6, 1])
    assert float(pulling_away(same)) == pytest.approx(1)
    # Squared: opposite codes are parallel, too.
    signs = tf.constant([[1.0], [-1], [1], [-1], [-1], [1]])
    assert float(pulling_away(same * signs)) == pytest.approx(1)


def test_lengths_do_not_matter():
    S = np.random.default_rng(1).standard_normal((5, 4))
    longer = S * np.array([[1], [10], [0.1], [-3], [1e3]])
    np.testing.assert_allclose(
        pulling_away(tf.constant(longer)),
        pulling_away(tf.constant(S)),
        **tolerances.SAME,
    )


def test_codes_may_be_maps():
    S = np.random.default_rng(2).standard_normal((5, 2, 3, 4))
    np.testing.assert_allclose(
        pulling_away(tf.constant(S)),
        by_definition(S.reshape(5, -1)),
        **tolerances.SAME,
    )

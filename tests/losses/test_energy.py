import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tfgen.losses import decayed_margin, margin_loss, pulling_away


def test_margin_loss():
    """Eq. 1: samples above the margin are left alone."""
    real, fake = tf.constant([1.0, 2.0, 3.0]), tf.constant([0.0, 4.0, 9.0])
    np.testing.assert_array_equal(margin_loss(real, fake, 5.0), [6, 3, 3])


def test_decayed_margin():
    """Appendix D: from 16 to 0 within the first 60,000 steps."""
    steps = tf.constant([0, 15_000, 60_000, 120_000])
    margins = decayed_margin(16.0, 60_000, steps)
    np.testing.assert_array_equal(margins, [16, 12, 0, 0])


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
    assert float(pulling_away(same[:1])) == 0
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


def test_pulling_away_on_two_replicas_is_that_of_the_batch(two_replicas):
    """Its gradient, too: of pairs on different replicas."""
    S = np.random.default_rng(3).standard_normal((6, 4))
    codes = tf.constant(S)
    with tf.GradientTape() as tape:
        tape.watch(codes)
        value = pulling_away(codes)
    gradient = tape.gradient(value, codes)

    def on_replica(part):
        with tf.GradientTape() as tape:
            tape.watch(part)
            # As the loop does: each replica has its share of the mean.
            value = pulling_away(part) / 2
        return value, tape.gradient(value, part)

    parts = two_replicas.experimental_distribute_values_from_function(
        lambda c: tf.constant(np.split(S, 2)[c.replica_id_in_sync_group])
    )
    values, gradients = two_replicas.run(on_replica, (parts,))
    for half in two_replicas.experimental_local_results(values):
        np.testing.assert_allclose(2 * half, value, **tolerances.EXACT)
    np.testing.assert_allclose(
        np.concatenate(two_replicas.experimental_local_results(gradients)),
        gradient,
        **tolerances.EXACT,
    )
